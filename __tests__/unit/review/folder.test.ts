import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFolder } from '../../../src/review/folder';
import { asMarkdown } from '../../../src/review/report/markdown';
import { reviewStack } from '../../../src/review/report/review';
import { asText } from '../../../src/review/report/text';
import { run } from '../../../src/review/run';
import { NotSynthesizedError } from '../../../src/review/shape';
import { parseStack } from '../../../src/review/stack';
import { temporaryDirectory } from '../../support/bastion';

const STACK = JSON.stringify({ resource: { aws_vpc: { main: { cidr_block: '10.0.0.0/16' } } } });
const ESCAPE = '\u001b';
const RIGHT_TO_LEFT = '\u202e';

/** A folder with these texts as stacks. */
function folderOf(stacks: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory();
  for (const [name, text] of Object.entries(stacks)) {
    mkdirSync(join(folder, 'stacks', name), { recursive: true });
    writeFileSync(join(folder, 'stacks', name, 'cdk.tf.json'), text);
  }
  return folder;
}

const nested = (depth: number): string => `{"locals":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
const read = (stacks: Readonly<Record<string, string>>) => readFolder('The change', folderOf(stacks));

describe('a folder of synthesized stacks', () => {
  it('has stacks by their names, and environments by theirs', () => {
    const stacks = read({ 'aurora-bg-staging': STACK, second: STACK, 'aurora-bg': STACK });
    expect([...stacks].map(([name, { environment }]) => [name, environment])).toEqual([
      ['aurora-bg', undefined],
      ['aurora-bg-staging', 'staging'],
      ['second', undefined],
    ]);
  });

  it.each([
    ['no JSON', { s: 'aurora' }, /^The change: stack s is no JSON$/],
    ['a list', { s: '[]' }, /^The change: stack s is no object$/],
    ['lists in lists', { s: nested(101) }, /^The change: stack s is nested deeper than 100$/],
    ['lists in lists without end', { s: nested(100_000) }, /^The change: stack s is (nested deeper than 100|no JSON)$/],
    ['no stacks', {}, /^The change has no stacks$/],
    ['a stack with a name of several words', { 'a b': STACK }, /^The change has a stack named "a b"$/],
    ['a stack with a control character in its name', { [`a${ESCAPE}b`]: STACK }, /named "a\\u001bb"$/],
    ['a stack with a backtick in its name', { 'a`b': STACK }, /^The change has a stack named "a`b"$/],
    [
      'more stacks than there can be',
      Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`s${index}`, STACK])),
      /^The change has more than 50 stacks$/,
    ],
    [
      'a type that is no name',
      { s: '{"resource":{"aws vpc":{"main":{}}}}' },
      /^The change: stack s has a name in resource that Terraform does not take: "aws vpc"$/,
    ],
    [
      'a name that is a pattern',
      { s: '{"resource":{"aws_vpc":{"a(":{}}}}' },
      /in resource\.aws_vpc that Terraform does not take: "a\("$/,
    ],
    [
      'a name that turns text round',
      { s: JSON.stringify({ variable: { [`a${RIGHT_TO_LEFT}b`]: {} } }) },
      /in variable that Terraform does not take: "a\\u202eb"$/,
    ],
    [
      'more resources than can be compared',
      {
        s: JSON.stringify({
          resource: { aws_eip: Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`e${i}`, {}])) },
        }),
      },
      /^The change: stack s has more than 5000 resources$/,
    ],
  ])('is refused with %s', (_, stacks, message) => {
    expect(() => read(stacks)).toThrow(NotSynthesizedError);
    expect(() => read(stacks)).toThrow(message);
  });

  it('is refused with a file that is too long, before it is read', () => {
    const folder = folderOf({ s: STACK });
    truncateSync(join(folder, 'stacks/s/cdk.tf.json'), 5 * 1024 * 1024);
    expect(() => readFolder('The change', folder)).toThrow(/^The change has a cdk\.tf\.json of 5242880 bytes$/);
  });

  it.each([
    ['brackets', '('.repeat(50_000)],
    ['operators', '-'.repeat(50_000)],
  ])('is refused by name with an expression of %s in each other without end', async (_, expression) => {
    const [base, change] = [
      folderOf({ s: STACK }),
      folderOf({ s: JSON.stringify({ locals: { a: `\${${expression}` } }) }),
    ];
    let [output, story] = ['', ''];
    const streams = {
      output: { write: (text: string) => (output += text) },
      story: { write: (text: string) => (story += text) },
    };
    const exitCode = await run(['--synthesized', base, change], '/', streams, new AbortController().signal);
    expect([exitCode, output, story]).toEqual([1, '', expect.stringMatching(/^Error: stack s is nested too deep\n/)]);
  });

  it('leads nowhere else: links and pipes are no stacks', () => {
    const [folder, other] = [folderOf({ real: STACK, pipe: STACK, link: STACK }), folderOf({ s: STACK })];
    const file = (name: string): string => join(folder, 'stacks', name, 'cdk.tf.json');
    execFileSync('sh', ['-c', `rm '${file('pipe')}' '${file('link')}'; mkfifo '${file('pipe')}'`]);
    symlinkSync(join(other, 'stacks/s/cdk.tf.json'), file('link'));
    symlinkSync(join(other, 'stacks/s'), join(folder, 'stacks/folder'));
    expect([...readFolder('The change', folder).keys()]).toEqual(['real']);
  });
});

describe('what a change names and writes', () => {
  const base = parseStack('s', STACK);
  const review = (change: object): { readonly text: string; readonly markdown: string } => {
    const reviews = [reviewStack(base, parseStack('s', JSON.stringify(change)))];
    return { text: asText(reviews, 'base'), markdown: asMarkdown(reviews, 'base') };
  };
  /** The lines outside blocks of code. */
  const prose = (markdown: string): string => markdown.replaceAll(/^(`{3,})diff\n[^]*?\n\1$/gm, '(block)');

  it.each([
    ['a mention', '@everybody'],
    ['a link and an image', '[text](https://example.com) ![image](https://example.com/x.png)'],
    ['our marker', '<!-- review of the infrastructure -->'],
    ['an element of HTML', '<b>bold</b>'],
    ['the end of a block', '\n```\n# heading\n````````\n'],
    ['a carriage return', '\r```\r'],
  ])('stays in a block of code: %s', (_, value) => {
    const { markdown } = review({
      resource: { aws_vpc: { main: { cidr_block: value, tags: { [value]: value } } } },
      output: { one: { value, description: value } },
      variable: { two: { default: value } },
      locals: { three: [value] },
      moved: [{ from: value, to: value }],
      terraform: { required_version: value },
    });
    expect(markdown).toContain('diff\n');
    expect(prose(markdown)).not.toContain(value.trim());
    expect(prose(markdown)).not.toMatch(/@|<|\]\(|^# /m);
  });

  it('is printed as it is written where it controls a terminal, turns text round or is not seen', () => {
    const { text, markdown } = review({
      resource: { aws_vpc: { main: { cidr_block: `${ESCAPE}[2J`, [`a${RIGHT_TO_LEFT}b`]: '\u200b\u3164\u061c' } } },
    });
    for (const one of [text, markdown]) {
      expect(one).toContain('\\u001b[2J');
      expect(one).toContain('a\\u202eb: "\\u200b\\u3164\\u061c"');
      expect(one).not.toMatch(/[\u001b\u202e\u200b\u3164\u061c]/);
    }
  });

  it('keeps within a comment in bytes too, whatever its characters are', () => {
    const locals = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`n${index}`, '値'.repeat(30)]));
    const { markdown } = review({ locals });
    expect(Buffer.byteLength(markdown)).toBeLessThan(61_000);
    expect(markdown).not.toContain('\ufffd');
    expect(markdown).toMatch(/\n```\n\nThe rest is too long for a comment/);
  });

  it('may be called as what every object has', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];
    const each = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
    const block = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}: 1`).join()}}`) as object;
    const { text } = review({
      resource: { ...each({ a: { cidr_block: '${constructor}' } }), aws_vpc: { main: block } },
      data: each({ b: block }),
      locals: { ...each('${local.toString}'), deep: '${local.object.constructor}', object: block },
      variable: each({ default: block }),
    });
    expect(text).toContain('+ constructor.a\n');
    expect(text).not.toContain('[native code]');
    expect({}).not.toHaveProperty('cidr_block');
  });

  it('does not grow without end where locals double each other', () => {
    const locals = Object.fromEntries(
      Array.from({ length: 16 }, (_, index) => [`l${index}`, `\${local.l${index + 1}}\${local.l${index + 1}}`]),
    );
    const { text } = review({
      locals: { ...locals, l16: 'x'.repeat(8) },
      resource: { aws_rds_cluster_instance: { one: { instance_class: '${local.l0}' } } },
    });
    expect(text).toContain('aws_rds_cluster_instance.one: nothing → unknown: no price of the class in the table');
  });
});
