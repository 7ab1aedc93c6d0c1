import { UsageError } from '../../../src/errors';
import { asMarkdown } from '../../../src/review/report/markdown';
import { reviewStack } from '../../../src/review/report/review';
import type { Section } from '../../../src/review/report/section';
import { showBoth } from '../../../src/review/report/show';
import { asText } from '../../../src/review/report/text';
import { parseStack } from '../../../src/review/stack';
import { parseReviewArguments } from '../../../src/review/arguments';
import { masked } from '../../../src/review/secret/mask';
import { costs } from '../../../src/review/summary/cost';
import { secrets } from '../../../src/review/summary/secrets';
import { synthesize } from '../../support/synth';

const section: Section = {
  title: 'Resources',
  entries: [
    { mark: '-/+', text: 'aws_x.y', details: [{ mark: '~', text: 'a: "```" → "b"' }] },
    { mark: '+', text: 'aws_x.z', details: [] },
  ],
};
const review = { stack: 's', summary: 'resources: 2 changed', sections: [section] };

it('colours a block of code in Markdown, which no value can end', () => {
  expect(asMarkdown([review], 'main (1234567)').split('\n')).toEqual([
    '### Infrastructure: `s`',
    '',
    'resources: 2 changed, against `main (1234567)`',
    '',
    '**Resources**',
    '',
    '````diff',
    '! -/+ aws_x.y',
    '!     a: "```" → "b"',
    '+ aws_x.z',
    '````',
    '',
    '',
  ]);
});

it('keeps a comment within what GitHub takes, and ends its block', () => {
  const entries = Array.from({ length: 5000 }, (_, i) => ({
    mark: '+' as const,
    text: `aws_x.number_${i}`,
    details: [],
  }));
  const text = asMarkdown([{ ...review, sections: [{ title: 'Resources', entries }] }], 'main');
  expect(text.length).toBeLessThan(61_000);
  expect(text).toMatch(/\n```\n\nThe rest is too long for a comment/);
});

it('says in one line that nothing changed', () => {
  const unchanged = { stack: 's', summary: undefined, sections: [] };
  expect(asText([unchanged], 'main (1234567)')).toBe('No change to the infrastructure against main (1234567)\n');
  expect(asMarkdown([unchanged], 'main')).toBe('**No change to the infrastructure** against `main`\n');
});

it('has a part for each stack that changed, and none for others', () => {
  const unchanged = { stack: 'other', summary: undefined, sections: [] };
  const text = asText([review, unchanged, { ...review, stack: 't' }], 'main');
  expect(text.match(/^\w+ against/gm)).toEqual(['s against', 't against']);
});

it('tells a stack that came or went', () => {
  const stack = parseStack('one', JSON.stringify({ resource: { aws_vpc: { main: { cidr_block: '10.0.0.0/16' } } } }));
  expect(reviewStack(undefined, stack).summary).toBe('a new stack: resources: 1 added');
  expect(reviewStack(stack, undefined).summary).toBe('A STACK THAT IS GONE: resources: 1 removed');
});

it('shows what differs in long values, and a little around it', () => {
  const [before, after] = showBoth(`${'a'.repeat(200)}X${'b'.repeat(200)}`, `${'a'.repeat(200)}Y${'b'.repeat(200)}`);
  const text = (middle: string): string => `…${'a'.repeat(30)}${middle}${'b'.repeat(30)}…`;
  expect([before, after]).toEqual([text('X'), text('Y')]);
});

it.each([
  ['hunter2', 'master_password', '(hidden)'],
  ['${var.master_password}', 'master_password', '${var.master_password}'],
  ['${var.x ? "hunter2" : null}', 'auth_token', '${var.x ? "(hidden)" : null}'],
  ['a${var.x}', 'password', '(hidden)'],
  ['hunter2', 'environment[PGPASSWORD].value', '(hidden)'],
  ['arn:aws:x', 'secret_arn', 'arn:aws:x'],
  [
    '${jsonencode([{"name" = "API_TOKEN", "value" = "hunter2"}])}',
    'x',
    '${jsonencode([{"name" = "API_TOKEN", "value" = "(hidden)"}])}',
  ],
  [[{ name: 'DB_PASSWORD', value: 'hunter2' }], 'environment', [{ name: 'DB_PASSWORD', value: '(hidden)' }]],
])('hides what stands in clear: %j as %s', (value, path, expected) => {
  expect(masked(value, path)).toEqual(expected);
});

it('counts what the README says the stack costs', () => {
  const found = costs(parseStack('aurora-bg', synthesize()));
  const of = (pattern: RegExp): number =>
    Math.round(
      [...found].reduce((sum, [address, { monthly = 0 }]) => (pattern.test(address) ? sum + monthly : sum), 0),
    );
  expect([of(/vpc_endpoint/), of(/nat_gateway/), of(/rds/), of(/ecs/)]).toEqual([153, 147, 165, 0]);
  expect([...found.values()].filter(({ monthly }) => monthly === undefined)).toEqual([]);
});

it('knows where the secrets of the stack come from', () => {
  expect([...secrets(parseStack('aurora-bg', synthesize()))]).toEqual([
    'aws_ecs_task_definition.bastion: PGPASSWORD from var.master_password, in clear in the task definition when local.password_is_in_clear',
    'aws_ecs_task_definition.bastion: PGPASSWORD from local.password_value_from (of data.aws_rds_cluster.managed_password, var.database_password_secret_arn) when not local.password_is_in_clear',
    'aws_rds_cluster.aurora_postgresql: RDS makes and keeps the password: local.password_is_managed ? true : null',
    'aws_rds_cluster.aurora_postgresql: master_password from var.master_password',
  ]);
});

it('knows its options', () => {
  expect(parseReviewArguments([])).toEqual({ help: false, base: undefined, markdown: false });
  expect(parseReviewArguments(['--base', 'main', '--markdown'])).toEqual({ help: false, base: 'main', markdown: true });
  expect(parseReviewArguments(['--write', 'out'])).toMatchObject({ write: 'out' });
  expect(parseReviewArguments(['--synthesized', 'a', 'b'])).toMatchObject({ synthesized: ['a', 'b'] });
  const exclusive = [
    ['--write', 'a', '--base', 'HEAD'],
    ['--synthesized', 'a', 'b', '--base', 'HEAD'],
  ];
  const folders = [['--write='], ['--synthesized'], ['--synthesized', 'a'], ['--synthesized', 'a', 'b', 'c']];
  for (const wrong of [['--base'], ['--base='], ['--what'], ['main'], ...exclusive, ...folders]) {
    expect(() => parseReviewArguments(wrong)).toThrow(UsageError);
  }
});
