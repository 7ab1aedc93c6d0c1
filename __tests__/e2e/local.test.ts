import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../../src/local-aws/processes';
import { findOnPath } from '../../src/local-aws/tools';
import { temporaryDirectory } from '../support/bastion';
import { PROJECT } from '../support/helper';
import { Tmux } from '../support/tmux';

const MINUTES = 60_000;
const parent = temporaryDirectory();
const directory = join(parent, 'local');
const env = { ...process.env, LOCAL_AWS_DIR: directory };
const stateFile = join(directory, 'terraform.aurora-bg.tfstate');
let mark = '';

/** `npm run local -- …`, as the README has it. */
function local(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'local', '--', ...words], {
    cwd: PROJECT,
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0)
    throw new Error(`${words.join(' ')} ended with ${String(status)}:\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
  return stdout;
}

const statuses = (): string[] =>
  local('status')
    .split('\n')
    .filter((line) => line.startsWith('arn:'))
    .map((line) => line.split(' ')[1] ?? '');

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    await sleep(300);
    if (Date.now() > deadline) throw new Error(`${what} does not come true`);
  }
}

afterAll(() => {
  spawnSync('npm', ['run', '--silent', 'local', '--', 'down'], { cwd: PROJECT, env });
  rmSync(parent, { recursive: true, force: true });
}, MINUTES);

/** One story, told in order: each test goes on where the one before it ended. */
describe('from nothing to psql and back to nothing', () => {
  it(
    'the local AWS comes up in the background, and a second up finds it',
    () => {
      local('up');
      mark = (JSON.parse(readFileSync(join(directory, 'instance.json'), 'utf8')) as { mark: string }).mark;
      local('up');
      expect(local('status')).toMatch(/^up at http:\/\/127\.0\.0\.1:\d+$/m);
      expect(local('env')).toMatch(/^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m);
    },
    MINUTES,
  );

  it(
    'the stack is deployed, with its state apart from the user’s own',
    () => {
      local('npx', 'cdktf', 'deploy', '--auto-approve');
      expect(existsSync(stateFile)).toBe(true);
      expect(existsSync(join(PROJECT, 'terraform.aurora-bg.tfstate'))).toBe(false);
      const state = readFileSync(stateFile, 'utf8');
      expect(state).toContain('manage_master_user_password');
    },
    5 * MINUTES,
  );

  it(
    'nothing is left to change: what moto reports wrongly is mended on the way',
    () => {
      expect(local('npx', 'cdktf', 'diff')).toMatch(/No changes\./);
    },
    MINUTES,
  );

  it(
    'the password is in no synthesized file, no state, no task definition and no environment of ours',
    () => {
      const words = ['psql', '-At', '-c', "select 'user ' || current_user", '-c', '\\! echo "$PGPASSWORD"'];
      const lines = local('npm', 'run', '--silent', 'connect', '--', ...words).split('\n');
      expect(lines[0]).toBe('user postgres');
      // The real one, as the task received it; its beginning has no character that JSON would write otherwise.
      const beginning = (lines[1] ?? '').slice(0, 16);
      expect(beginning).toMatch(/^[\w-]{16}$/);
      const files = ['cdktf.out/stacks/aurora-bg/cdk.tf.json', 'terraform.aurora-bg.tfstate', 'instance.json', 'log'];
      for (const file of files) expect(readFileSync(join(directory, file), 'utf8')).not.toContain(beginning);
    },
    MINUTES,
  );

  if (findOnPath('aws') !== undefined) {
    it(
      'the AWS CLI works against it',
      () => {
        expect(local('aws', 'ecs', 'list-clusters')).toContain('cluster/aurora-bg-bastion-cluster');
        const described = JSON.parse(
          local('aws', 'ecs', 'list-tasks', '--cluster', 'aurora-bg-bastion-cluster', '--desired-status', 'STOPPED'),
        ) as { taskArns: string[] };
        expect(described.taskArns).toHaveLength(1);
      },
      MINUTES,
    );
  }

  it(
    'a person at a terminal gets a shell, psql, and their terminal back',
    async () => {
      using terminal = new Tmux({ env, cwd: PROJECT });
      terminal.line('npm run local -- npm run connect');
      await terminal.shows(/ready \(.*\)\n#$/m);
      terminal.line('psql');
      await terminal.shows(/mydb=>$/m);
      terminal.line('select 6*7 as answer;');
      await terminal.shows(/^ {5}42$/m);
      terminal.resize(90, 25);
      terminal.line('\\! sleep 0.3; stty size');
      await terminal.shows(/^25 90$/m);
      terminal.line('\\q');
      terminal.line('exit');
      await terminal.shows(/Stopping the bastion task … stopped/);
      await until('the stop', () => statuses().every((status) => status === 'STOPPED'));
    },
    2 * MINUTES,
  );

  it(
    'the service comes with its variable, is connected to, and stays',
    async () => {
      local('npx', 'cdktf', 'deploy', '--auto-approve', '--var', 'bastion_enable_service=true');
      await until('the running service', () => statuses().includes('RUNNING'));
      expect(local('npm', 'run', '--silent', 'connect', '--', '--service', 'psql', '-At', '-c', 'select 5')).toBe(
        '5\n',
      );
      expect(statuses().filter((status) => status === 'RUNNING')).toHaveLength(1);
      expect(local('npx', 'cdktf', 'diff', '--var', 'bastion_enable_service=true')).toMatch(/No changes/);
    },
    4 * MINUTES,
  );

  it(
    'and goes with it',
    async () => {
      local('npx', 'cdktf', 'deploy', '--auto-approve');
      await until('the stop', () => statuses().every((status) => status === 'STOPPED'));
    },
    4 * MINUTES,
  );

  it(
    'destroy leaves nothing in the state',
    () => {
      local('npx', 'cdktf', 'destroy', '--auto-approve');
      expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ resources: [], outputs: {} });
    },
    5 * MINUTES,
  );

  it(
    'down leaves no process and no file',
    () => {
      local('down');
      expect(processesWith(mark)).toEqual([]);
      expect(existsSync(directory)).toBe(false);
    },
    MINUTES,
  );
});

describe('the local AWS cleans up after itself', () => {
  it(
    'when it is killed, and up starts anew',
    async () => {
      local('up');
      const { pid, mark: first } = JSON.parse(readFileSync(join(directory, 'instance.json'), 'utf8')) as {
        pid: number;
        mark: string;
      };
      expect(processesWith(first).length).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      await until('the end of its processes', () => processesWith(first).length === 0);
      local('up');
      expect(local('status')).toMatch(/^up at/);
      local('down');
    },
    2 * MINUTES,
  );

  it(
    'when none is up, after the one command it lived for',
    () => {
      const { status, stdout } = spawnSync(
        'npm',
        ['run', '--silent', 'local', '--', 'sh', '-c', 'echo "$AWS_ENDPOINT_URL"; exit 7'],
        { cwd: PROJECT, env, encoding: 'utf8' },
      );
      expect([status, stdout]).toEqual([7, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\n$/)]);
      expect(execFileSync('ls', ['-A', parent], { encoding: 'utf8' })).toBe('');
    },
    MINUTES,
  );
});
