import { DumpProgress } from '../../../src/transfer/dump';
import { readDump } from '../../../src/transfer/restore';

describe('how far a dump is', () => {
  it('is told by the sizes of the tables that are done', () => {
    const progress = new DumpProgress();
    expect([progress.share, progress.shareOfBytes(5)]).toEqual([undefined, undefined]);
    progress.onFact('table', '3000 public.orders');
    progress.onFact('table', '1000 public.with space');
    progress.onFact('sha256', '1000 public.orders');
    expect(progress.share).toBe(0);
    expect(progress.onLine('pg_dump: reading extensions')).toBeUndefined();
    expect(progress.onLine('pg_dump: dumping contents of table "public.orders"')).toBeUndefined();
    expect(progress.share).toBe(0);
    expect(progress.onLine('pg_dump: dumping contents of table "public.with space"')).toBeUndefined();
    expect(progress.share).toBe(0.75);
    expect(progress.onLine('pg_dump: dumping contents of table "public.not known"')).toBeUndefined();
    expect(progress.share).toBe(1);
    expect([progress.shareOfBytes(1000), progress.shareOfBytes(9000)]).toEqual([0.25, 0.99]);
  });

  it.each([
    'pg_dump: error: connection to server failed',
    'pg_dump: warning: there are circular foreign-key constraints',
    'pg_dump: detail: "x"',
    'pg_dump: hint: Try "pg_dump --help"',
    "pg_dump: unrecognized option '--nope'",
    "pg_dump: invalid option -- 'y'",
    "pg_dump: option '--table' requires an argument",
    'Password:',
  ])('%s is for the user', (line) => {
    expect(new DumpProgress().onLine(line)).toBe(line);
  });
});

it.each([
  ['PGDMP\x01\x0e', { format: 'custom', restriction: undefined }],
  ['--\n-- PostgreSQL database dump\n', { format: 'plain', restriction: undefined }],
  [
    '--\n-- PostgreSQL database dump\n--\n\n\\restrict aB3\n\n',
    { format: 'plain', restriction: { line: 5, key: 'aB3' } },
  ],
  ['--\r\n\r\n\\restrict aB3\r\n\r\n', { format: 'plain', restriction: { line: 3, key: 'aB3' } }],
  ['select 1;\n\\restrict aB3\n', { format: 'plain', restriction: undefined }],
  ['\\restrict $(a)\n', { format: 'plain', restriction: undefined }],
  ["select '\\restrict aB3';", { format: 'plain', restriction: undefined }],
  ['\xef\xbb\xbfselect 1', { format: 'plain', restriction: undefined }],
])('%j is %j', (head, dump) => {
  expect(readDump({ path: 'a', head: Buffer.from(head, 'latin1') })).toEqual(dump);
});
