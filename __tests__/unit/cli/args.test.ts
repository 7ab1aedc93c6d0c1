import { parseCommand } from '../../../src/cli/args';
import { UsageError } from '../../../src/errors';

const options = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
  const command = parseCommand(argv, env);
  if (command.kind !== 'connect') throw new Error(`parsed as ${command.kind}`);
  return command.options;
};

describe('the command line', () => {
  it('means a shell in a new task when it is empty', () => {
    expect(options([])).toMatchObject({ words: ['/bin/sh'], target: { kind: 'new' }, plugin: false });
  });

  it('leaves everything behind psql to psql', () => {
    expect(options(['--service', 'psql', '-c', 'select 1', '--help'])).toMatchObject({
      words: ['psql', '-c', 'select 1', '--help'],
      target: { kind: 'service' },
    });
  });

  it('takes psql behind a double dash as well', () => {
    expect(options(['-r', 'eu-west-1', '--', 'psql', '-l'])).toMatchObject({
      words: ['psql', '-l'],
      region: 'eu-west-1',
    });
  });

  it('does not take the value of an option for the command', () => {
    expect(options(['-c', 'psql', '-p', 'me'])).toMatchObject({ words: ['/bin/sh'], cluster: 'psql', profile: 'me' });
  });

  it('knows the variables of the old script, and an option wins over them', () => {
    const env = { CLUSTER_NAME: 'c', REGION: 'r', AWS_PROFILE: 'p' };
    expect(options(['--region', 'x'], env)).toMatchObject({ cluster: 'c', region: 'x', profile: 'p' });
    expect(options([], { CLUSTER_NAME: '', REGION: '' })).toMatchObject({ cluster: undefined, region: undefined });
  });

  it('asks for help', () => {
    expect(parseCommand(['-h'], {})).toEqual({ kind: 'help' });
    expect(parseCommand(['--service', '--help'], {})).toEqual({ kind: 'help' });
  });

  it.each([
    [['--nope'], /Unknown option '--nope'/],
    [['--region'], /--region/],
    [['--region='], /--region needs a value/],
    [['frobnicate'], /Unknown command "frobnicate"/],
    [['--task', 'x', '--service'], /exclude each other/],
    [['--plugin=yes'], /--plugin/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommand(argv, {})).toThrow(UsageError);
    expect(() => parseCommand(argv, {})).toThrow(message);
  });
});
