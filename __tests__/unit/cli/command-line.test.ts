import { commandLine } from '../../../src/cli/command-line';
import { type CommandShape, IN_TASK } from '../../../src/cli/options';
import { UsageError } from '../../../src/errors';

const SHAPE: CommandShape = {
  options: [...IN_TASK, 'command', 'file', 'yes'],
  short: { c: 'command', f: 'file', '1': 'keep' },
};
const line = (before: string[], after: string[], shape: Partial<CommandShape> = {}) =>
  commandLine('trial', { ...SHAPE, ...shape }, before, after);

describe('the line of a command', () => {
  it('takes options on either side of its name, where a letter means what it means there', () => {
    expect(line(['-c', 'cluster', '--task', 't'], ['-c', 'sql', '-r', 'region', '-1']).values).toEqual({
      cluster: 'cluster',
      task: 't',
      command: ['sql'],
      region: 'region',
      keep: true,
    });
  });

  it('keeps the order of options that may be repeated', () => {
    const { values, given } = line(['--command', 'a'], ['-f', 'b', '-cc', '--file=d']);
    expect(values).toEqual({ command: ['a', 'c'], file: ['b', 'd'] });
    expect(given.map(({ name, value }) => [name, value])).toEqual([
      ['command', 'a'],
      ['file', 'b'],
      ['command', 'c'],
      ['file', 'd'],
    ]);
  });

  it('takes the last of an option that stands once', () => {
    expect(line(['--task', 'a'], ['--task', 'b']).values).toEqual({ task: 'b' });
  });

  it.each([['-- a comment\nselect 1'], ['-1'], ['--'], ['']])(
    'leaves %j to an option that takes any value',
    (value) => {
      expect(line([], ['-1c', value, '-y']).values).toEqual({ command: [value], keep: true, yes: true });
    },
  );

  it('takes words on both sides of --, unless what follows it is apart', () => {
    expect(line([], ['a', '-y', '--', '-b', '--', 'c'], { takesWords: true })).toMatchObject({
      words: ['a', '-b', '--', 'c'],
      rest: undefined,
    });
    const apart = { takesWords: true, takesRest: true };
    expect(line([], ['a', '-c', '--', '--', '-b', '--', 'c'], apart)).toMatchObject({
      values: { command: ['--'] },
      words: ['a'],
      rest: ['-b', '--', 'c'],
    });
    expect(line([], ['a', '--'], apart).rest).toEqual([]);
    expect(line([], ['a'], apart).rest).toBeUndefined();
  });

  it.each([
    [[], ['a'], /'a'/],
    [['-1'], [], /Unknown option '-1'/],
    [[], ['-Z'], /Unknown option '-Z'/],
    [[], ['--nope=3'], /Unknown option '--nope'/],
    [[], ['-f'], /-f.* argument missing/],
    [[], ['-f', '-y'], /argument is ambiguous/],
    [[], ['-f', ''], /--file needs a value/],
    [[], ['--yes=1'], /does not take an argument/],
    [[], ['--follow'], /--follow is no option of trial/],
    [['-f'], [], /--follow is no option of trial/],
  ])('refuses %j before its name and %j behind it', (before, after, message) => {
    expect(() => line(before, after)).toThrow(UsageError);
    expect(() => line(before, after)).toThrow(message);
  });
});
