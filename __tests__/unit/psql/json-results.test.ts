import { finished } from 'node:stream/promises';
import { jsonMarks } from '../../../src/psql/json-marks';
import { JsonResults } from '../../../src/psql/json-results';
import { Collected } from '../../support/exec';

const MARKS = jsonMarks('N');

/** What comes out, whatever pieces psql's output comes in. */
async function results(text: string, pieceBytes = 1 << 20): Promise<{ readonly json: string; readonly other: string }> {
  const [output, elsewhere] = [new Collected(), new Collected()];
  const stream = new JsonResults(MARKS, output, elsewhere);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) stream.write(bytes.subarray(at, at + pieceBytes));
  stream.end();
  await finished(stream);
  return { json: output.bytes().toString(), other: elsewhere.bytes().toString() };
}

const result = (types: readonly string[], rows: readonly string[], names = types.map((_, n) => `c${n}`)): string =>
  `N columns\nColumn,Type\n${names.map((name, n) => `${name},${types[n] ?? ''}\n`).join('')}N rows\n${names.join(',')}\n${rows.map((row) => `${row}\n`).join('')}N end\n`;

describe('JSON of results', () => {
  it.each([
    ['integer', '1', 1],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['"numeric(20,5)"', '-0.00100', '-0.00100'],
    ['numeric', 'NaN', '"NaN"'],
    ['double precision', '1e+20', '1e+20'],
    ['double precision', '-Infinity', '"-Infinity"'],
    ['boolean', 't', true],
    ['boolean', 'f', false],
    ['boolean', 'Nnull', null],
    ['jsonb', '"{""a"": [1, 2]}"', '{"a": [1, 2]}'],
    ['json', '"{\n  ""a"": ""x\\n""\n}"', '{   "a": "x\\n" }'],
    ['text', '1', '"1"'],
    ['text', 't', '"t"'],
    ['text', '', '""'],
    ['text', '"a,""b""\n日本\\"', '"a,\\"b\\"\\n日本\\\\"'],
    ['integer[]', '"{1,2}"', '"{1,2}"'],
    ['money', '$1.00', '"$1.00"'],
    ['timestamp with time zone', '2024-01-01 00:00:00+00', '"2024-01-01 00:00:00+00"'],
  ])('%s %s', async (type, value, expected) => {
    const { json } = await results(result([type], [value]));
    expect(json).toBe(`[{"c0":${String(expected)}}]\n`);
    expect(() => JSON.parse(json) as unknown).not.toThrow();
  });

  it('is one array for each result with columns, in whatever pieces it comes', async () => {
    const text = `said\n${result(['integer', 'text'], ['1,"a\n""b"""', '2,Nnull'])}N columns\nThe command has no result, or the result has no columns.\nN rows\nN end\n${result(['text'], [])}N columns\nThe command has no result, or the result has no columns.\nN rows\n\nN end\n`;
    const json = '[{"c0":1,"c1":"a\\n\\"b\\""},\n {"c0":2,"c1":null}]\n[]\n';
    for (const size of [1, 2, 3, 7, 1000]) expect(await results(text, size)).toEqual({ json, other: 'said\n' });
  });

  it('gives every column a name of its own', async () => {
    const { json } = await results(result(['integer', 'integer', 'integer'], ['1,2,3'], ['id', 'id', '"x ""y"""']));
    expect(json).toBe('[{"id":1,"id_2":2,"x \\"y\\"":3}]\n');
  });
});
