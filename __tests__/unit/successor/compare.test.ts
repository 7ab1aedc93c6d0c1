import { compare } from '../../../src/successor/compare';
import type { Json } from '../../../src/review/json';
import { synthesize } from '../../support/synth';

const between = (before: Json, after: Json) =>
  compare({ text: JSON.stringify(before), version: '1' }, { text: JSON.stringify(after), version: '2' });
const metadata = (version: string): Json => ({ '//': { metadata: { version, backend: 'local' } } });

it('the order of keys is no difference', () => {
  expect(between({ a: 1, b: [{ c: null, d: true }] }, { b: [{ d: true, c: null }], a: 1 })).toEqual([]);
});

it.each<[string, Json, Json, { path: string; before?: Json; after?: Json }]>([
  ['a value', { a: { b: 'x' } }, { a: { b: 'y' } }, { path: 'a.b', before: 'x', after: 'y' }],
  ['a type', { a: '1' }, { a: 1 }, { path: 'a', before: '1', after: 1 }],
  ['what goes', { a: 1, b: 2 }, { b: 2 }, { path: 'a', before: 1 }],
  ['null instead of nothing', {}, { a: null }, { path: 'a', after: null }],
  ['an element', { a: [1] }, { a: [1, { b: 2 }] }, { path: 'a[1]', after: { b: 2 } }],
  ['an empty list', { a: {} }, { a: [] }, { path: 'a', before: {}, after: [] }],
  ['a name with a dot', { 'a.b': { '//': 1 } }, { 'a.b': { '//': 2 } }, { path: '"a.b".//', before: 1, after: 2 }],
])('%s is a difference, with its path', (_, before, after, difference) => {
  expect(between(before, after)).toEqual([{ before: undefined, after: undefined, ...difference }]);
});

it('the order of a list is a difference', () => {
  expect(between({ a: [1, 2] }, { a: [2, 1] })).toHaveLength(2);
});

it("the library's own version in its metadata is none, any other is", () => {
  expect(between(metadata('1'), metadata('2'))).toEqual([]);
  expect(between(metadata('1'), metadata('3'))).toEqual([
    { path: '//.metadata.version', before: undefined, after: '3' },
  ]);
  expect(between({ '//': { metadata: { version: '1', backend: 's3' } } }, metadata('2'))).toEqual([
    { path: '//.metadata.backend', before: 's3', after: 'local' },
  ]);
});

it('the postures differ', () => {
  const [reference, hardened] = [synthesize(), synthesize({ posture: 'hardened' })];
  const of = (text: string) => ({ text, version: '0.21.0' });
  expect(compare(of(reference), of(reference))).toEqual([]);
  expect(compare(of(reference), of(hardened)).map(({ path }) => path)).toContain(
    'resource.aws_rds_cluster.aurora_postgresql.storage_encrypted',
  );
});
