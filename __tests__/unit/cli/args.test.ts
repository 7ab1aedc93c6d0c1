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

  it('takes an environment by option or variable', () => {
    expect(options(['--env', 'staging', 'psql'])).toMatchObject({ environment: 'staging', cluster: undefined });
    expect(options([], { BASTION_ENV: 'staging' })).toMatchObject({ environment: 'staging' });
    expect(options(['--env', 'a'], { BASTION_ENV: 'b' })).toMatchObject({ environment: 'a' });
    expect(options([], { BASTION_ENV: '' })).toMatchObject({ environment: undefined });
    expect(parseCommand(['status', '--env', 'a'], {})).toMatchObject({ options: { environment: 'a' } });
  });

  it('does not mix an environment with the variables of another deployment', () => {
    const env = { CLUSTER_NAME: 'c', REGION: 'r', BASTION_ENV: 'b' };
    expect(options([], env)).toMatchObject({ environment: 'b', cluster: undefined, region: undefined });
    expect(options(['--cluster', 'x'], env)).toMatchObject({ environment: undefined, cluster: 'x', region: 'r' });
    expect(() => options(['--env', 'a', '--cluster', 'x'])).toThrow(/--env and --cluster exclude each other/);
  });

  it('asks for help', () => {
    expect(parseCommand(['-h'], {})).toEqual({ kind: 'help' });
    expect(parseCommand(['--service', '--help'], {})).toEqual({ kind: 'help' });
  });

  it('puts every new task under a lease', () => {
    expect(options([])).toMatchObject({ lease: { idleSeconds: 600, lifetimeSeconds: 28_800 }, keep: false });
    expect(options(['--idle-timeout', '5m', '--max-lifetime', '1h30m', '--keep', 'psql'])).toMatchObject({
      lease: { idleSeconds: 300, lifetimeSeconds: 5_400 },
      keep: true,
    });
    expect(options(['--start-timeout', '2m']).startTimeoutMs).toBe(120_000);
  });

  it.each([
    [['--reuse'], { kind: 'reuse' }],
    [['--service'], { kind: 'service' }],
    [['--task', 'x'], { kind: 'task', id: 'x' }],
  ])('takes the task of %j', (argv, target) => {
    expect(options(argv).target).toEqual(target);
  });

  it.each([
    [['start', '--reason', 'why'], { kind: 'start', options: { reason: 'why', lease: { idleSeconds: 600 } } }],
    [['-r', 'x', 'status', '--json'], { kind: 'status', options: { region: 'x', json: true } }],
    [['stop', 'a', 'b', '-y'], { kind: 'stop', options: { tasks: ['a', 'b'], scope: undefined, yes: true } }],
    [['--all', 'stop'], { kind: 'stop', options: { tasks: [], scope: 'all', yes: false } }],
    [['logs', '-f', '--task', 'a'], { kind: 'logs', options: { task: 'a', follow: true } }],
    [['doctor'], { kind: 'doctor', options: { deep: undefined, json: false } }],
    [['doctor', '--deep', '--service'], { kind: 'doctor', options: { deep: { kind: 'service' } } }],
    [
      ['policy', '--service-only'],
      { kind: 'policy', options: { serviceOnly: true, forward: false, ownSessions: false } },
    ],
    [['policy', '--own-sessions'], { kind: 'policy', options: { serviceOnly: false, ownSessions: true } }],
  ])('takes %j', (argv, command) => {
    expect(parseCommand(argv, {})).toMatchObject(command);
  });

  it('leaves a command of ours to the container when exec asks for it', () => {
    expect(options(['exec', 'status', '--json']).words).toEqual(['status', '--json']);
  });

  it.each([
    [['status', '--keep'], /--keep is no option of status/],
    [['--json', 'psql'], /--json is no option of psql/],
    [['--follow'], /--follow is no option of a shell/],
    [['start', 'now'], /now/],
    [['stop', 'a', '--mine'], /exclude each other/],
    [['stop', '--all', '--mine'], /exclude each other/],
    [['--reuse', '--service'], /--service and --reuse exclude each other/],
    [['doctor', '--service'], /--deep/],
    [['--idle-timeout', 'soon'], /--idle-timeout cannot be "soon"/],
    [['--reason', 'x'.repeat(257)], /--reason is longer than 256/],
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
