import { parseCommand } from '../../../src/cli/args';
import type { SqlOptions } from '../../../src/cli/sql-options';
import { UsageError } from '../../../src/errors';

function options(...argv: string[]): SqlOptions {
  const command = parseCommand(argv, {});
  if (command.kind !== 'sql') throw new Error(`parsed as ${command.kind}`);
  return command.options;
}

describe('sql', () => {
  it('reads standard input when it is given nothing', () => {
    expect(options('sql')).toMatchObject({
      inputs: [{ kind: 'file', path: '-' }],
      flags: [],
      settings: [],
      encoding: 'UTF8',
      json: false,
      force: false,
      target: { kind: 'new' },
    });
  });

  it('keeps -c and -f in their order, which before its name mean other things', () => {
    expect(options('-c', 'cluster', 'sql', '-c', 'a', '-f', 'b', '--command=c', '--file', '-')).toMatchObject({
      cluster: 'cluster',
      inputs: [
        { kind: 'command', text: 'a' },
        { kind: 'file', path: 'b' },
        { kind: 'command', text: 'c' },
        { kind: 'file', path: '-' },
      ],
    });
  });

  it('takes the options of a task on either side of its name', () => {
    expect(options('--reuse', 'sql', '--keep', '--region', 'r')).toMatchObject({
      target: { kind: 'reuse' },
      keep: true,
      region: 'r',
    });
  });

  it('gives psql its own options', () => {
    expect(options('sql', '-1qAtx', '-F', '', '-v', 'a=b=c', '-vd', '-d', 'x')).toMatchObject({
      flags: ['-1', '-q', '-A', '-t', '-x', '--field-separator='],
      settings: ['a=b=c', 'd'],
      database: 'x',
      quiet: true,
    });
    expect(options('sql', '--csv', '--encoding', 'SJIS')).toMatchObject({ flags: ['--csv'], encoding: 'SJIS' });
    expect(options('sql', '--json', '-1')).toMatchObject({ flags: ['-1'], json: true });
  });

  it.each([
    [['-c', ' '], /-c has nothing to run/],
    [['-f', ''], /--file needs a value/],
    [['-f', '-', '-f', '-'], /can be read once/],
    [['select 1'], /select 1/],
    [['--json', '--csv'], /exclude each other/],
    [['--json', '-t'], /exclude each other/],
    [['--json', '--encoding', 'SJIS'], /exclude each other/],
    [['--encoding', 'a b'], /--encoding cannot be/],
    [['-v', '=1'], /is no name of a variable/],
    [['-v', 'a b=1'], /is no name of a variable/],
    [['-d', 'postgresql://me:secret@h/db'], /password/],
    [['-d', 'dbname=x password=secret'], /password/],
    [['--follow'], /--follow is no option of sql/],
  ])('refuses %j', (argv, message) => {
    expect(() => options('sql', ...argv)).toThrow(UsageError);
    expect(() => options('sql', ...argv)).toThrow(message);
  });
});
