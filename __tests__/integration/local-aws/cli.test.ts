import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalAws } from '../../../src/local-aws';
import { ForeignFolderError } from '../../../src/local-aws/claim';
import { startInstance } from '../../../src/local-aws/instance';
import { processesWith } from '../../../src/local-aws/processes';
import { caller, query, temporaryDirectory } from '../../support/bastion';
import { PROJECT } from '../../support/helper';
import { type Account, keyOf, signedFetch } from '../../support/sign';

let parent: string;
let directory: string;

beforeEach(() => {
  parent = temporaryDirectory();
  directory = join(parent, 'local');
});
afterEach(async () => {
  // What a failed test has left waiting.
  for (const run of runs.splice(0)) {
    run.process.stdin?.end();
    run.process.kill();
  }
  await local('down').ended;
  rmSync(parent, { recursive: true, force: true });
}, 60_000);

interface Run {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly output: string; readonly story: string }>;
  readonly output: () => string;
}

const runs: Run[] = [];

/** The command behind `npm run local`. */
function local(...words: readonly string[]): Run {
  return localWith({}, ...words);
}

function localWith(env: NodeJS.ProcessEnv, ...words: readonly string[]): Run {
  const child = spawn(process.execPath, ['src/start/launch.cjs', 'src/local-aws/cli', ...words], {
    cwd: PROJECT,
    env: { ...process.env, LOCAL_AWS_DIR: directory, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [output, story] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (story += chunk.toString()));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, output, story }));
  const run = { process: child, ended, output: () => output };
  runs.push(run);
  return run;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    await sleep(50);
    if (Date.now() > deadline) throw new Error(`${what} does not come true`);
  }
}

interface Record extends Account {
  readonly pid: number;
  readonly mark: string;
}

const record = (): Record => JSON.parse(readFileSync(join(directory, 'instance.json'), 'utf8')) as Record;

/** Starts what leaves processes: a database server and a task. */
async function fill(account: Account): Promise<void> {
  const call = caller(account);
  await query(account, 'rds', {
    Action: 'CreateDBCluster',
    Version: '2014-10-31',
    DBClusterIdentifier: 'trial',
    Engine: 'aurora-postgresql',
    MasterUsername: 'postgres',
    MasterUserPassword: 'some-password',
  });
  await call('ecs', 'CreateCluster', { clusterName: 'trial' });
  await call('ecs', 'RegisterTaskDefinition', {
    family: 'idle',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'main', image: 'any', command: ['sleep', '600'] }],
  });
  await call('ecs', 'RunTask', {
    cluster: 'trial',
    taskDefinition: 'idle',
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  });
  const status = async (): Promise<string> => {
    const signing = { key: keyOf(account) };
    return (await signedFetch(`${account.endpoint}/_local/status`, { method: 'GET' }, signing)).text();
  };
  while (!(await status()).includes('"lastStatus":"RUNNING"')) await sleep(50);
}

/** Every process of this test's local AWS: LOCAL_AWS_DIR is inherited by all but the containers, which live in it. */
const processesHere = (): number[] => processesWith(directory);

function watchdogsOf(mark: string): number[] {
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`watchdog-process.js ${mark}`))
    .map((line) => Number.parseInt(line, 10));
}

describe('what is missing is named in one line', () => {
  it.each([
    ['terraform', [], /^Error: Terraform is not on the PATH\. Install Terraform .+\n$/],
    ['python3', ['terraform'], /^Error: python3 is not on the PATH\. Install Python .+\n$/],
  ])('%s', async (_, present, line) => {
    const bin = join(parent, 'bin');
    mkdirSync(bin);
    for (const name of present) symlinkSync(process.execPath, join(bin, name));
    for (const words of [['up'], ['true']]) {
      const { exitCode, story } = await localWith({ PATH: bin }, ...words).ended;
      expect(story).toMatch(line);
      expect(exitCode).toBe(1);
    }
    expect(readdirSync(parent)).toEqual(['bin']);
  });
});

describe('a folder that is not the local AWS’s own', () => {
  it('is refused by up and by down, in one line, with nothing in it touched and no process ended', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'precious'), 'of the user');
    // As the server that belongs to the folder would be found.
    const env = { ...process.env, LOCAL_AWS_SERVER: `[${directory}]` };
    const bystander = spawn('sleep', ['600'], { env, stdio: 'ignore' });
    try {
      await once(bystander, 'spawn');
      for (const word of ['up', 'down']) {
        const { exitCode, story } = await local(word).ended;
        expect(story).toBe(
          `Error: ${directory} holds files that are not those of a local AWS. Name a new or an empty folder with LOCAL_AWS_DIR\n`,
        );
        expect(exitCode).toBe(1);
      }
      expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
    } finally {
      bystander.kill();
    }
    expect(readdirSync(directory)).toEqual(['precious']);
  });

  it('is refused for the one command too', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'precious'), 'of the user');
    const start = async (): Promise<void> => {
      await using _local = await startLocalAws({ directory });
    };
    await expect(start()).rejects.toThrow(ForeignFolderError);
    expect(readdirSync(directory)).toEqual(['precious']);
  });

  it('but another user’s is told by each command, and its record not read', async () => {
    // Root's own is another's for everybody but root, who can give one away.
    const isRoot = process.geteuid?.() === 0;
    const another = isRoot ? directory : '/';
    if (isRoot) {
      mkdirSync(directory);
      chownSync(directory, 65_534, 65_534);
    }
    for (const word of ['status', 'env', 'down']) {
      const { exitCode, story } = await localWith({ LOCAL_AWS_DIR: another }, word).ended;
      expect([exitCode, story]).toEqual([1, expect.stringMatching(/^Error: .* belongs to another user\. Name .*\n$/)]);
    }
  });
});

/** Signs, with the key in no command line. */
const CURL = `printf 'aws-sigv4 = "aws:amz:ap-northeast-1:local"\\nuser = "%s:%s"\\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" | curl -K -`;

describe('a command, when none is up', () => {
  it('gives its exit code, or 128 and the number of the signal that ended it', async () => {
    expect((await local('sh', '-c', 'exit 7').ended).exitCode).toBe(7);
    expect((await local('sh', '-c', 'kill -TERM $$').ended).exitCode).toBe(143);
    expect(readdirSync(parent)).toEqual([]);
  }, 60_000);

  it('that does not exist is said to', async () => {
    const { exitCode, story } = await local('no-such-program').ended;
    expect(story).toMatch(/Error: no-such-program cannot be run: is it on the PATH\?\n$/);
    expect(exitCode).toBe(1);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('is told of %s, and everything ends after it', async (signal) => {
    const run = local('sh', '-c', 'trap "echo told; exit 5" TERM HUP; echo ready; while :; do sleep 0.1; done');
    await until('the start', () => run.output().includes('ready'));
    run.process.kill(signal);
    const { exitCode, output, story } = await run.ended;
    // The story is shown when it went wrong.
    expect([exitCode, output, exitCode === 5 ? '' : story]).toEqual([5, 'ready\ntold\n', '']);
    expect(readdirSync(parent)).toEqual([]);
    expect(processesHere()).toEqual([]);
  });

  it('leaves SIGINT to the terminal, which tells the command as well', async () => {
    const run = local('sh', '-c', 'echo ready; sleep 1; exit 6');
    await until('the start', () => run.output().includes('ready'));
    run.process.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(6);
  });

  it('takes faults from LOCAL_AWS_FAULTS, and refuses what is none', async () => {
    const words = ['sh', '-c', `${CURL} -s "$AWS_ENDPOINT_URL/_local/faults"`] as const;
    const { output } = await localWith({ LOCAL_AWS_FAULTS: '{"startDelayMs":20000}' }, ...words).ended;
    expect(JSON.parse(output)).toMatchObject({ startDelayMs: 20000 });
    const refused = await localWith({ LOCAL_AWS_FAULTS: '{"slow":1}' }, ...words).ended;
    expect(refused.story).toMatch(/^Error: There is no fault slow\. Known are /m);
    const up = await localWith({ LOCAL_AWS_FAULTS: '{bad' }, 'up').ended;
    expect(up.story).toMatch(/^Error: The faults are not JSON\. Write for example .+\n$/);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is cleaned up after when its starter is killed', async () => {
    const told = ['$AWS_ENDPOINT_URL', '$AWS_ENDPOINT_URL_ECS', '$AWS_ACCESS_KEY_ID', '$AWS_SECRET_ACCESS_KEY'];
    const run = local('sh', '-c', `echo "${told.join(' ')}"; cat`);
    await until('the start', () => run.output().endsWith('\n'));
    const [endpoint = '', ecs = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = ''] = run
      .output()
      .trim()
      .split(' ');
    const variables = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    await fill({ endpoint, endpoints: { ecs, ssm: '', ssmmessages: '' }, variables });
    run.process.kill('SIGKILL');
    run.process.stdin?.end(); // the command itself is the user's, and lives on
    await until('the end of its processes', () => processesHere().length === 0);
    await until('the end of its folder', () => readdirSync(parent).length === 0);
  }, 60_000);
});

describe('the one in the background', () => {
  it('gives a shell what a command would get', async () => {
    expect((await local('env').ended).exitCode).toBe(1);
    await local('up').ended;
    const { output } = await local('env').ended;
    const shell = spawn(
      'sh',
      ['-c', `${output}\nprintf %s "$AWS_ENDPOINT_URL|$AWS_ENDPOINT_URL_SSM|$AWS_PROFILE|$AWS_SECRET_ACCESS_KEY"`],
      {
        env: { PATH: process.env.PATH, AWS_PROFILE: 'production' },
      },
    );
    const [said] = (await once(shell.stdout, 'data')) as [Buffer];
    const { endpoint, endpoints, variables } = record();
    const secret = keyOf({ variables }).secretAccessKey;
    expect(said.toString()).toBe(`${endpoint}|${endpoints.ssm}||${secret}`);
    expect(statSync(join(directory, 'instance.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, 'log'), 'utf8')).not.toContain(secret);
    expect(execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })).not.toContain(secret);
    const { output: inCommand } = await local('sh', '-c', 'printf %s "$AWS_ENDPOINT_URL|$AWS_ENDPOINT_URL_ECS"').ended;
    expect(inCommand).toBe(`${endpoint}|${endpoints.ecs}`);
  }, 60_000);

  it('leaves nothing when it is killed together with its watchdog, once down or up has been called', async () => {
    await local('up').ended;
    const { pid, mark } = record();
    await fill(record());
    const watchdogs = watchdogsOf(mark);
    expect(watchdogs).toHaveLength(1);
    for (const watchdog of watchdogs) process.kill(watchdog, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await sleep(500);
    expect(processesWith(mark).length).toBeGreaterThan(2);
    expect((await local('up').ended).exitCode).toBe(0);
    expect(processesWith(mark)).toEqual([]);
    expect((await local('down').ended).exitCode).toBe(0);
    expect(processesHere()).toEqual([]);
    expect(readdirSync(parent)).toEqual([]);
  }, 60_000);

  it('is one, also when it is started twice at the same time', async () => {
    const ends = await Promise.all([local('up').ended, local('up').ended]);
    // The other has met the first one's start, or what came of it.
    const stories = ends.map(({ story }) => story).toSorted();
    expect(stories.filter((story) => story.includes('The local AWS is up at'))).not.toEqual([]);
    for (const { exitCode, story } of ends) {
      if (exitCode !== 0) expect(story).toMatch(/^Error: The local AWS is being started by another command .+\n$/);
    }
    const { pid } = record();
    expect((await local('up').ended).story).toContain(`The local AWS was up already at ${record().endpoint}\n`);
    // As one does that has looked before the first was up, and comes to the start after it.
    expect((await startInstance(directory, () => undefined)).pid).toBe(pid);
    expect(record().pid).toBe(pid);
    await local('down').ended;
    await until('the end of its processes', () => processesHere().length === 0);
    expect(readdirSync(parent)).toEqual([]);
  }, 60_000);
});
