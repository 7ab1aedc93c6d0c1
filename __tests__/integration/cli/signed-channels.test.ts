import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Faults } from '../../../src/local-aws/faults';
import { type Bastion, FAST, startBastion } from '../../support/bastion';
import { runHelper } from '../../support/helper';
import { type Network, startNetwork } from '../../support/network';

let bastion: Bastion;
let task: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
  task = (await helper(['start'])).output.trim();
}, 60_000);

afterEach(() => {
  bastion.aws.setFaults(FAST);
});

afterAll(async () => {
  await helper(['stop', '--all', '--yes']);
  await bastion[Symbol.asyncDispose]();
}, 60_000);

const helper = (argv: readonly string[], more: NodeJS.ProcessEnv = {}): ReturnType<typeof runHelper> =>
  runHelper(['--outputs', bastion.outputsFile, ...argv], { ...bastion.aws.environment, ...more });

const file = (name: string): string => join(bastion.directory, name);
const inTask = (...argv: string[]): readonly string[] => ['--task', task, ...argv];

/** Every command that opens a session, in an order in which each finds what it needs. */
const COMMANDS: readonly (readonly [name: string, argv: () => readonly string[]])[] = [
  ['a shell', () => inTask()],
  ['psql', () => inTask('psql', '-XAtc', 'select 6 * 7')],
  ['exec', () => inTask('exec', '--', 'true')],
  ['sql', () => inTask('sql', '-c', 'create table if not exists t (n int); insert into t values (1)')],
  ['copy-out', () => inTask('copy-out', 't', file('t.csv'), '--force')],
  ['copy-in', () => inTask('copy-in', 't', file('t.csv'))],
  ['dump', () => inTask('dump', file('all.dump'), '--force')],
  ['restore', () => inTask('restore', file('all.dump'), '--', '--clean')],
  ['cp', () => inTask('cp', file('t.csv'), ':/tmp/', '--force')],
  ['forward', () => inTask('forward', '--', 'true')],
  ['doctor --deep', () => ['doctor', '--deep', '--task', task]],
];

describe('with a signature, the right and a version of today, it works:', () => {
  it.each(COMMANDS)('%s', async (name, argv) => {
    const { exitCode, story } = await helper(argv());
    // What a doctor finds is another matter: here it gets into the task.
    if (name === 'doctor --deep') expect(story).not.toMatch(/ssmmessages:OpenDataChannel|signature/);
    else expect([exitCode, story]).toEqual([0, expect.not.stringContaining('Error')]);
  });
});

const ALL_BUT_CHANNELS = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'ssmmessages:OpenDataChannel', Resource: '*' },
  ],
};
const NO_CHANNELS = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', NotAction: 'ssmmessages:*', Resource: '*' }],
};

/** A network in which the signatures of channels, and of nothing else, are changed. */
const through = (part: RegExp, replacement: string): Promise<Network> =>
  startNetwork(bastion.aws, (authorization) => authorization.replace(part, replacement));

const REFUSALS: readonly (readonly [
  what: string,
  faults: Partial<Faults>,
  /** What becomes of its channels on their way. @default nothing */
  way: (() => Promise<Network>) | undefined,
  message: RegExp,
  exitCode: number,
])[] = [
  [
    'without the right',
    { policy: NO_CHANNELS },
    undefined,
    /Error: Not allowed to call ssmmessages:OpenDataChannel: User: \S+ is not authorized to perform: ssmmessages:OpenDataChannel on resource: (\S+:session\/)\S+ because [^\n]+\nAsk for this statement: \{"Effect":"Allow","Action":"ssmmessages:OpenDataChannel","Resource":"\1(ecs-execute-command-)?\*"\}/,
    1,
  ],
  [
    'where something denies it',
    { policy: ALL_BUT_CHANNELS },
    undefined,
    /Error: Not allowed to call ssmmessages:OpenDataChannel[^\n]+\nSomething denies ssmmessages:OpenDataChannel to you/,
    1,
  ],
  [
    'with a version that is too old',
    { minimumClientVersion: '99.0.0.0' },
    undefined,
    /Error: The session was lost: the service closed the connection: ClientVersion [\d.]+ is not supported: the minimum is 99\.0\.0\.0\nThis client says that it is/,
    255,
  ],
  [
    'with a signature that is not right',
    {},
    () => through(/(?<=Signature=)[0-9a-f]+/, '0'.repeat(64)),
    /Error: The signature of the session's stream was refused: The request signature we calculated does not match[^\n]+\nCheck this machine's clock/,
    1,
  ],
  [
    'with a key that AWS does not know',
    {},
    () => through(/(?<=Credential=)[^/]+/, 'AKIAUNKNOWN'),
    /Error: AWS refused the credentials \(The security token included in the request is invalid\.\)\nSign in again/,
    1,
  ],
];

const OPENING = COMMANDS.filter(([name]) => name !== 'doctor --deep');
/** A terminal's way of opening a session, the way of bytes, and a port's. */
const WAYS = COMMANDS.filter(([name]) => ['a shell', 'exec', 'forward'].includes(name));

describe.each(REFUSALS)('%s it fails with its own message:', (what, faults, way, message, exitCode) => {
  it.each(what === 'without the right' ? OPENING : WAYS)('%s', async (_name, argv) => {
    bastion.aws.setFaults({ ...FAST, ...faults });
    await using network = await way?.();
    const ended = await helper(argv(), network?.variables);
    expect(ended.story).toMatch(message);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.story).not.toMatch(/^ +at |fault of this program/m);
  });
});

describe('credentials that are not right fail before there is a session:', () => {
  it.each<[what: string, env: NodeJS.ProcessEnv, message: RegExp]>([
    ['another secret', { AWS_SECRET_ACCESS_KEY: 'another' }, /The request signature we calculated does not match/],
    ['an unknown key', { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' }, /The security token included in the request is invalid/],
  ])('%s', async (_, env, message) => {
    const { story, exitCode } = await helper(inTask('exec', '--', 'true'), env);
    expect(story).toMatch(message);
    expect(exitCode).toBe(1);
    expect(story).not.toMatch(/^ +at |fault of this program/m);
  });
});

describe('where a session is opened', () => {
  const query = () => inTask('psql', '-XAtc', 'select 6 * 7');

  it('can be named by an option, and by a variable', async () => {
    const { ssmmessages } = bastion.aws.endpoints;
    // Nobody listens where the variable says, and the option comes first.
    const elsewhere = { AWS_ENDPOINT_URL_SSMMESSAGES: 'http://127.0.0.1:1' };
    const byOption = await helper(['--endpoint-url-ssmmessages', ssmmessages, ...query()], elsewhere);
    const byVariable = await helper(query(), { AWS_ENDPOINT_URL_SSMMESSAGES: ssmmessages });
    expect([byOption, byVariable].map(({ output, exitCode }) => [output, exitCode])).toEqual([
      ['42\n', 0],
      ['42\n', 0],
    ]);
  });

  it.each([
    [
      ['--endpoint-url-ssmmessages', 'vpce-0a1b'],
      {},
      /--endpoint-url-ssmmessages vpce-0a1b is no address of an endpoint/,
    ],
    [[], { AWS_ENDPOINT_URL_SSMMESSAGES: 'ftp://x' }, /AWS_ENDPOINT_URL_SSMMESSAGES ftp:\/\/x is no address of/],
  ])('and what is no address is wrong usage: %j %j', async (options, env, message) => {
    const { story, exitCode } = await helper([...options, ...query()], env);
    expect(story).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it('is the host of the endpoints that a file configures', async () => {
    const config = file('config');
    const { AWS_ENDPOINT_URL: url, AWS_ENDPOINT_URL_ECS: ecs, AWS_ENDPOINT_URL_SSM: ssm } = bastion.aws.environment;
    writeFileSync(
      config,
      `[default]\nendpoint_url = ${url ?? ''}\nservices = here\n[services here]\necs =\n  endpoint_url = ${ecs ?? ''}\nssm =\n  endpoint_url = ${ssm ?? ''}\n`,
    );
    const none = { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_ECS: '', AWS_ENDPOINT_URL_SSM: '' };
    const { output, exitCode } = await helper(query(), { ...none, AWS_CONFIG_FILE: config });
    expect([output, exitCode]).toEqual(['42\n', 0]);
  });

  it('is no other host than that of the endpoints', async () => {
    const env = Object.fromEntries(
      Object.entries(bastion.aws.environment).map(([name, value]) => [
        name,
        name.startsWith('AWS_ENDPOINT_URL') ? value?.replace('127.0.0.1', 'localhost') : value,
      ]),
    );
    const { story, exitCode } = await helper(query(), env);
    expect(story).toMatch(
      /Error: The stream of the session is said to be at ws:\/\/127\.0\.0\.1:\d+, which is no address of Session Manager in ap-northeast-1\nNothing was sent there/,
    );
    expect(exitCode).toBe(1);
  });
});
