import { copyInScript, copyOutScript, isTableName, withoutScriptName } from '../../../src/transfer/copy';

const CSV = { hasHeader: true, delimiter: ',', nullText: '', encoding: 'UTF8' };

it.each(['users', 'sales.orders', '"My Table"', 'mydb."a ""b""".c', '売上', ' users '])('%j is a table', (name) => {
  expect(isTableName(name)).toBe(true);
});

it.each(['select 1', 'users;', 'users; drop table x', '"a', 'a.b.c.d', '', '1a', '"a\nb"', '"a\rb"', '"\x1b"'])(
  '%j is none',
  (name) => {
    expect(isTableName(name)).toBe(false);
  },
);

it('a table goes out whole', () => {
  expect(copyOutScript('n', 'sales.orders', CSV)).toBe(
    "copy (\ntable sales.orders\n) to stdout with (format csv, header true, delimiter ',', null '', encoding 'UTF8') \\g /dev/stdout\n\\warn n rows :ROW_COUNT\n",
  );
});

it.each([
  ['select 1', 'select 1'],
  ['select 1;', 'select 1'],
  ["select ';', $$;$$, \";\" -- ; '", "select ';', $$;$$, \";\" -- ; '"],
  ["select '日本' ; \n ", "select '日本' "],
  ["select a[1:2], b::text, '\\d' /* \\x ; */", "select a[1:2], b::text, '\\d' /* \\x ; */"],
])('%j goes out as %j', (query, inside) => {
  expect(copyOutScript('n', query, { ...CSV, hasHeader: false, delimiter: "'", nullText: "it's" })).toBe(
    `copy (\n${inside}\n) to stdout with (format csv, header false, delimiter '''', null 'it''s', encoding 'UTF8') \\g /dev/stdout\n\\warn n rows :ROW_COUNT\n`,
  );
});

it.each([
  ['select 1; select 2', 'There is more than one query'],
  ['select 1 \\! ls', 'The query holds a backslash command'],
  ['\\copy a to b', 'The query holds a backslash command'],
  ["select 'a", 'The query ends within a string'],
  ['select 1 /* a', 'The query ends within a comment'],
  ['  ;', 'The query is empty'],
])('%j does not', (query, message) => {
  expect(() => copyOutScript('n', query, CSV)).toThrow(message);
});

it('columns go by the names of the header line', () => {
  const script = copyInScript('n', 'users', CSV, { records: 3, header: 'id,"full ""x"" name"' });
  expect(script.split('\n').slice(0, 5)).toEqual([
    'begin;',
    `\\copy users ("id", "full ""x"" name") from pstdin with (format csv, header true, delimiter ',', null '', encoding 'UTF8')`,
    '\\warn n rows :ROW_COUNT',
    'select :ROW_COUNT operator(pg_catalog.=) 3 as same \\gset',
    '\\if :same',
  ]);
});

it('without it by their order', () => {
  const script = copyInScript('n', 'users', { ...CSV, hasHeader: false }, { records: 3, header: undefined });
  expect(script).toContain('\\copy users from pstdin with (format csv, header false,');
});

it('a column needs a name', () => {
  expect(() => copyInScript('n', 'users', CSV, { records: 3, header: 'a,' })).toThrow('has no name');
});

it.each(['"a\nb"', '"a\rb"', '"a\r\nb"', 'a\tb', '"\x1b"', 'a\x7f', '\u0085'])(
  'the name %j of a column would end the line of our script, or do something to a terminal',
  (name) => {
    expect(() => copyInScript('n', 'users', CSV, { records: 3, header: `id,${name}` })).toThrow(
      'a column with a line end or another control character in its name',
    );
  },
);

it.each([
  ['psql:<stdin>:3: ERROR:  no', 'ERROR:  no'],
  ['psql:/dev/fd/6:2: ERROR:  no', 'ERROR:  no'],
  ['psql: error: no', 'psql: error: no'],
])('%s is told as %s', (line, told) => {
  expect(withoutScriptName(line)).toBe(told);
});
