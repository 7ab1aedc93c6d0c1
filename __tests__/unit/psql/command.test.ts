import { commandScript, isOneCommand } from '../../../src/psql/command';
import { jsonMarks } from '../../../src/psql/json-marks';

const script = (sql: string, encoding = 'UTF8') => commandScript(sql, { json: undefined, encoding });

describe('-c', () => {
  it.each([
    ['select 1', 'select 1\n;\n'],
    ['select 1; select 2::int;', 'select 1\\; select 2\\:\\:int\\;\n;\n'],
    ['select \';:\\\', $$;:$$, ";:" -- ;:', 'select \';:\\\', $$;:$$, ";:" -- ;:\n;\n'],
    ["select 'a\n;b'; x", "select 'a\n;b'\\; x\n;\n"],
    ['select a[1:2] from 日本', 'select a[1\\:2] from 日本\n;\n'],
  ])('%j is sent as one, without variables', (sql, expected) => {
    expect(script(sql)).toEqual({ script: expected, takesData: false });
  });

  it('may take data', () => {
    expect(script('copy t from stdin').takesData).toBe(true);
    expect(script('copy t to stdout').takesData).toBe(false);
  });

  it('with --json is one statement after the other', () => {
    const { script: text } = commandScript('select 1; ; select 2', { json: jsonMarks('N'), encoding: 'UTF8' });
    const run = ' /**/ \\echo N columns \\gdesc \\echo N rows \\g \\echo N end \\\\ ';
    expect(text).toBe(`select 1${run} ; select 2\n${run}\n`);
  });

  it('takes no backslash command among SQL', () => {
    expect(() => script('select 1 \\g x')).toThrow('-c takes SQL or one backslash command');
    expect(() => script('select 1\n\\! ls')).toThrow('-c takes SQL or one backslash command');
  });

  it.each([
    ['\\dt', true],
    ['\\dt public.*\n', true],
    ['\\set x 1 \\\\ select 1', false],
    ['\\a \\t', false],
    ['\\a\nselect 1', false],
  ])('%j is one command: %j', (text, expected) => {
    expect(isOneCommand(text)).toBe(expected);
  });
});
