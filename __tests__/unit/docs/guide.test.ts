import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GuideError, parseGuide, type Step } from '../../support/guide';
import { typedLines } from '../../support/guide-console';
import { findMismatch } from '../../support/guide-match';
import { difference, outlineOf } from '../../support/guide-twins';

const read = (file: string): string => readFileSync(join(__dirname, '../../..', file), 'utf8');
const [ja, en] = ['docs/guide.ja.md', 'docs/guide.en.md'].map((file) => ({
  markdown: read(file),
  steps: parseGuide(file, read(file)),
})) as [Document, Document];
interface Document {
  readonly markdown: string;
  readonly steps: readonly Step[];
}

describe('the guide', () => {
  it('has the same parts in both languages', () => {
    expect(outlineOf(en.markdown)).toEqual(outlineOf(ja.markdown));
  });

  it('has the same code in both languages, comments and Japanese words apart', () => {
    const differences = ja.steps.flatMap((step, index) => {
      const other = en.steps[index];
      const found = other === undefined ? 'nothing' : difference(step, other);
      return found === undefined ? [] : [`${step.file}:${step.line}, ${other?.file}:${other?.line}: ${found}`];
    });
    expect(differences).toEqual([]);
    expect(en.steps).toHaveLength(ja.steps.length);
  });

  it.each([ja, en])('runs all but three of its blocks, and says why not those', ({ steps }) => {
    const reasons = steps.flatMap((step) => (step.kind === 'not run' ? [step.reason] : []));
    expect(reasons).toEqual([
      'the tests run in a copy that is installed already',
      'the local AWS has no CloudTrail',
      'it needs the state of the old system; __tests__/integration/infra/adoption.test.ts plans with one',
    ]);
    expect(steps.length - reasons.length).toBeGreaterThan(70);
  });

  it.each([ja, en])('links to what is there', ({ markdown }) => {
    const links = [...markdown.matchAll(/\]\((?!https:)([^)#]+)(#[^)]*)?\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) expect(read(join('docs', link))).not.toBe('');
  });

  it('holds every statement of the guide before it', () => {
    const statements = [
      ...['SELECT version();', 'SHOW server_version;', 'SELECT aurora_version();', 'SELECT current_database();'],
      ...['\\conninfo', '\\dt', '\\l', '\\du', 'CREATE TABLE users', 'CREATE TABLE orders', 'SELECT json_agg(users)'],
      ...['idx_orders_user_id', 'idx_orders_status', 'idx_orders_date', 'generate_series(1, 100)', 'EXPLAIN ANALYZE'],
      ...['ROW_NUMBER() OVER', 'WITH user_stats AS', "DATE_TRUNC('month', order_date)", 'pg_stat_user_tables'],
      ...['pg_stat_user_indexes', 'UPDATE orders', 'UPDATE users', 'DELETE FROM orders', 'BEGIN;', 'COMMIT;'],
    ];
    for (const statement of statements) expect(en.markdown).toContain(statement);
  });
});

describe('a block', () => {
  const parse = (...lines: string[]): readonly Step[] => parseGuide('a.md', lines.join('\n'));
  const sh = ['```sh', 'true', '```'];

  it('is a step, with its place and what it prints', () => {
    expect(parse('# A', '', ...sh, '', '```text', 'x', '```')).toEqual([
      { file: 'a.md', line: 3, kind: 'shell', text: 'true\n', under: {}, prints: { line: 7, text: 'x\n' } },
    ]);
  });

  it('with a name is a file', () => {
    expect(parse('```sql a/b.sql', 'select 1;', '```')).toMatchObject([{ kind: 'file', path: 'a/b.sql' }]);
  });

  it('may run under circumstances, or not at all', () => {
    expect(parse('<!-- run: {"exitCode": 3} -->', '', ...sh)).toMatchObject([{ under: { exitCode: 3 } }]);
    expect(parse('<!-- not run: it is night -->', ...sh)).toMatchObject([{ kind: 'not run', reason: 'it is night' }]);
    expect(parse('<!-- seen: {"command": "echo x"} -->', '```text', 'x', '```')).toMatchObject([
      { kind: 'shell', text: 'echo x\n', prints: { text: 'x\n' } },
    ]);
  });

  it.each([
    ['of an unknown language', 'a.md:1: nobody knows how to run a block of "perl"', ['```perl', 'x', '```']],
    ['without a language', 'a.md:1: nobody knows how to run a block of ""', ['```', 'x', '```']],
    ['without an end', 'a.md:2: the block has no end', ['', '```sh', 'true']],
    ['that is empty', 'a.md:1: the block is empty', ['```sh', '```']],
    ['in a list', 'a.md:1: a block must begin at the beginning of the line', ['  ```sh', 'true', '  ```']],
    ['of text that nothing prints', 'a.md:5: nothing right before', [...sh, 'words', '```text', 'x', '```']],
    ['of a second text', 'a.md:7: nothing right before', [...sh, '```text', 'x', '```', '```text', 'x', '```']],
    ['with a mark that gives no reason', 'a.md:1: "not run" gives no reason', ['<!-- not run:  -->', ...sh]],
    ['with a mark that is misspelt', 'a.md:1: a comment is one line of', ['<!-- not-run: because -->', ...sh]],
    ['with a mark that is no JSON', 'a.md:1: this is no JSON', ['<!-- run: exit 3 -->', ...sh]],
    ['with unknown circumstances', 'a.md:1: "run" knows no "exit"', ['<!-- run: {"exit": 3} -->', ...sh]],
    [
      'that is seen, but is no text',
      'a.md:1: "seen" stands before a text only',
      ['<!-- seen: {"command": "x"} -->', ...sh],
    ],
    [
      'behind words that are behind its mark',
      'a.md:1: no block follows this comment',
      ['<!-- run: {"exitCode": 1} -->', 'words', ...sh],
    ],
  ])('%s is an error that names the place', (_, message, lines) => {
    expect(() => parse(...lines)).toThrow(GuideError);
    expect(() => parse(...lines)).toThrow(message);
  });
});

describe('what is printed', () => {
  it.each([
    ['a\nb', 'a\nb\n'],
    ['a … c', 'a b b c'],
    ['…\nlast', 'first\nsecond\nlast'],
    ['first\n…', 'first'],
    ['a\n…\nb\n…\nc', 'a\nb\nx\nb\ny\nc'],
    ['(1 row)', '\n(1 row)  \n\n'],
  ])('%j is %j', (expected, actual) => {
    expect(findMismatch(expected, actual)).toBeUndefined();
  });

  it.each([
    ['a\nb', 'a\nc', { line: 1, expected: 'b', actual: 'c' }],
    ['a', 'a\nb', { line: 1, expected: '(nothing more)', actual: 'b' }],
    ['a\nb', 'a', { line: 1, expected: 'b', actual: undefined }],
    ['a … c', 'a b', { line: 0, expected: 'a … c', actual: 'a b' }],
    ['…\nlast', 'first\nlast but one', { line: 1, expected: 'last', actual: undefined }],
    ['(1 row.)', '(1 rows)', { line: 0, expected: '(1 row.)', actual: '(1 rows)' }],
  ])('%j is not %j', (expected, actual, mismatch) => {
    expect(findMismatch(expected, actual)).toEqual(mismatch);
  });
});

describe('a console', () => {
  it('is what stands behind prompts', () => {
    expect(typedLines('$ connect\nhello\nmydb=> \\q\n').map(({ input }) => input)).toEqual(['connect', '\\q']);
    expect(() => typedLines('hello\n')).toThrow('begins with "$ "');
  });
});

describe('two languages', () => {
  const step = (text: string): Step => ({ file: 'a.md', line: 1, kind: 'shell', text, under: {} });

  it('may have other comments, and other words where one has Japanese', () => {
    expect(difference(step("# 例\necho '例'\n"), step("# an example\necho 'x'\n"))).toBeUndefined();
  });

  it.each([
    ["echo 'a'", "echo 'b'"],
    ['echo 例', 'echo x'],
    ["echo '例'", "printf 'x'"],
    ['echo a', 'echo a b'],
  ])('may not have %j and %j', (one, other) => {
    expect(difference(step(one), step(other))).toBeDefined();
  });

  it('differ when a part is missing', () => {
    expect(outlineOf('# A\n\ntext\nmore\n\n| a |\n')).toEqual(['heading 1', 'text', 'row']);
    expect(outlineOf('# A\n\n```sh\n# no heading\n```\n')).toEqual(['heading 1', 'block sh']);
  });
});
