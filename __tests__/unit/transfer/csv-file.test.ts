import { CsvScanner, fieldsOf } from '../../../src/transfer/csv-file';
import { generator } from '../../support/random';

function scan(text: string | Buffer, pieces = 1e9, checks: 'UTF-8' | 'bytes' | 'counts' = 'UTF-8') {
  const scanner = new CsvScanner('a.csv', checks);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieces) scanner.look(bytes.subarray(at, at + pieces));
  return { records: scanner.end(), first: scanner.firstRecord.toString() };
}

describe.each([1, 2, 3, 7, 1e9])('in pieces of %d bytes', (pieces) => {
  it.each([
    ['', 0, ''],
    ['a,b', 1, 'a,b'],
    ['a,b\n', 1, 'a,b'],
    ['a,b\n1,2\n', 2, 'a,b'],
    ['a,b\r\n1,2\r\n', 2, 'a,b'],
    ['a,b\r1,2\r', 2, 'a,b'],
    ['a,b\r1,2', 2, 'a,b'],
    ['a\n\n\n', 3, 'a'],
    ['a,"b\nc"\n1,2\n', 2, 'a,"b\nc"'],
    ['a\n"x ""y"" \n z"\n', 2, 'a'],
    ['a\n"x\r\ny"\n', 2, 'a'],
    ['氏名\n田中\n', 2, '氏名'],
    ['a\n\\.x\n\\..\nx\\.\n', 4, 'a'],
  ])('%j has %d records', (text, records, first) => {
    expect(scan(text, pieces)).toEqual({ records, first });
  });

  it.each([
    ['a\n"b\nc\n', 'a.csv:2: a quote is opened here and never closed'],
    ['a\nb\0c\n', 'a.csv:2: the line has a NUL byte'],
    ['a\n"b\n\\.\nc"\n', 'a.csv:3: the line is \\. alone'],
    ['a\r\n\\.\r\n', 'a.csv:2: the line is \\. alone'],
    ['a\n\\.', 'a.csv:2: the line is \\. alone'],
    [Buffer.from('a\nb\n\x93\xfa\n', 'latin1'), 'a.csv:3: the line is not UTF-8'],
    [Buffer.from('a\n\xe7\x94', 'latin1'), 'a.csv:2: the line ends within a character'],
  ])('%j is refused', (text, message) => {
    expect(() => scan(text, pieces)).toThrow(message);
  });
});

it('in another encoding bytes are bytes', () => {
  expect(scan(Buffer.from('a\n\x93\xfa\n', 'latin1'), 1e9, 'bytes').records).toBe(2);
});

it('what comes from the database is counted and not judged', () => {
  expect(scan('a\n\\.\n', 1e9, 'counts').records).toBe(2);
});

it('records of any content are counted, whatever the pieces', () => {
  const random = generator(5);
  const texts = ['', 'x', '"', '\n', '\r\n', ',', '田', '\\.', '""'];
  for (let run = 0; run < 300; run += 1) {
    const rows = Array.from({ length: 1 + Math.floor(random() * 20) }, () =>
      Array.from({ length: 3 }, () => {
        const text = Array.from({ length: 4 }, () => texts[Math.floor(random() * texts.length)] ?? '').join('');
        return `"${text.replaceAll('"', '""').replaceAll(/^\\\.$/gm, '')}"`;
      }).join(','),
    );
    expect(scan(`${rows.join('\n')}\n`, 1 + Math.floor(random() * 10), 'counts').records).toBe(rows.length);
  }
});

it.each([
  ['a,b', ',', ['a', 'b']],
  ['"a,1","b ""x"""', ',', ['a,1', 'b "x"']],
  ['a;b;', ';', ['a', 'b', '']],
  ['', ',', ['']],
])('%j has the fields %j', (record, delimiter, fields) => {
  expect(fieldsOf(record, delimiter)).toEqual(fields);
});
