import { copyEnd } from '../../../src/psql/copy-command';

describe('\\copy', () => {
  it.each([
    [" t from 'a b.csv' csv", 'from', 'file', 'a b.csv', "'a b.csv'"],
    [' t from a.csv;', 'from', 'file', 'a.csv', 'a.csv'],
    [" t to 'it''s'", 'to', 'file', "it's", "'it''s'"],
    [' binary t TO x', 'to', 'file', 'x', 'x'],
    [' "a from ""b""" . "t" (x, "from") FROM x', 'from', 'file', 'x', 'x'],
    [" (select ')' from t where a in (1, 2)) to 'x' with (format csv)", 'to', 'file', 'x', "'x'"],
    [' s.t(a) from x', 'from', 'file', 'x', 'x'],
    [' t from 日本.csv', 'from', 'file', '日本.csv', '日本.csv'],
    [' t from stdin csv', 'from', 'stdin', '', 'stdin'],
    [' t to PSTDOUT', 'to', 'pstdout', '', 'PSTDOUT'],
    [" t from program 'ls'", 'from', 'program', '', 'program'],
    [" t from 'stdin'", 'from', 'file', 'stdin', "'stdin'"],
  ])('%s', (argument, direction, end, file, word) => {
    const found = copyEnd(argument);
    expect([found?.direction, found?.end, found?.file]).toEqual([direction, end, file]);
    expect(argument.slice(found?.start, found?.stop)).toBe(word);
  });

  it.each(['', ' t', ' t from', ' (select 1 to x', ' t into x'])('%j names nothing', (argument) => {
    expect(copyEnd(argument)).toBeUndefined();
  });
});
