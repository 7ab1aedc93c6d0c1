import { EXPECTED, type Expected, settle } from '../../../src/successor/expected';
import { report } from '../../../src/successor/report';

const entry: Expected = { path: 'a.source', before: 'aws', after: 'hashicorp/aws', why: 'they are one' };
const difference = { file: 'reference s', path: 'a.source', before: 'aws', after: 'hashicorp/aws' };
const told = (differences: Parameters<typeof report>[0]['unexplained'], table: readonly Expected[]): string =>
  report(
    settle(differences, table),
    { before: 'cdktf 1', after: 'cdktn 2' },
    { files: ['reference s', 'hardened s'], expected: table.length },
  );

it('a difference with an entry is explained, in every file', () => {
  expect(settle([difference, { ...difference, file: 'hardened s' }], [entry])).toEqual({ unexplained: [], stale: [] });
});

it.each([{ path: 'b.source' }, { before: 'azure' }, { after: 'other/aws' }, { after: undefined }])(
  'a difference with %j is another one, and the entry does not occur',
  (other) => {
    const found = { ...difference, ...other };
    expect(settle([found], [entry])).toEqual({ unexplained: [found], stale: [entry] });
  },
);

it('every entry of the table says why, and none comes twice', () => {
  expect(EXPECTED.every(({ why }) => why.length > 10)).toBe(true);
  expect(new Set(EXPECTED.map(({ path }) => path)).size).toBe(EXPECTED.length);
});

describe('the report', () => {
  it('is one line when all is explained', () => {
    expect(told([difference], [entry])).toBe(
      'cdktn 2 synthesizes what cdktf 1 does: reference s, hardened s (expected differences: 1)\n',
    );
  });

  it('lists each difference with both values, and each entry that is out of date', () => {
    const gone = { file: 'hardened s', path: 'moved[0]', before: { from: 'a' }, after: undefined };
    expect(told([gone], [entry])).toBe(
      `hardened s: moved[0]
  cdktf 1: {"from":"a"}
  cdktn 2: (nothing)
a.source: "aws" → "hashicorp/aws" is expected and does not occur; remove it from src/successor/expected.ts
1 differences, 1 out of date
`,
    );
  });
});
