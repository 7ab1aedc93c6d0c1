import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, caller, startBastion } from '../../support/bastion';
import { CONNECT, PROJECT, startHelper } from '../../support/helper';

let bastion: Bastion;
let task: string;

const FAST = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, yumDelayMs: 0, firstOutputDelayMs: 0 };
/** A tenth of what the benchmark moves. */
const SIZE = 100_000_000;
const MEMORY_LIMIT_KB = 150_000;

beforeAll(async () => {
  bastion = await startBastion({ faults: { ...FAST, readPauseMs: 0 } });
  const call = caller(bastion.aws.endpoint);
  const { tasks } = (await call('ecs', 'RunTask', {
    cluster: bastion.cluster,
    taskDefinition: 'aurora-bg-bastion',
    launchType: 'FARGATE',
    enableExecuteCommand: true,
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
  })) as { tasks: { taskArn: string }[] };
  task = tasks[0]?.taskArn ?? '';
});

afterAll(() => bastion[Symbol.asyncDispose]());

const argv = (...words: string[]): string[] => [
  '--outputs',
  bastion.outputsFile,
  '--task',
  task,
  'exec',
  '--',
  ...words,
];

/** One line of a shell on this machine, in which `$EXEC` is the helper's `exec --`. */
async function shellLine(
  line: string,
): Promise<{ readonly exitCode: number | null; readonly output: Buffer; readonly story: string }> {
  const env = { ...bastion.aws.environment, EXEC: [...CONNECT, ...argv()].join(' ') };
  const child = spawn('sh', ['-c', line], { cwd: PROJECT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  let story = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (story += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output: Buffer.concat(output), story };
}

it('standard output carries the bytes of the command and nothing else; its exit code is ours', async () => {
  const { exitCode, output, story } = await shellLine(`$EXEC sh -c 'printf "a\\0\\377\\r\\n"; echo error >&2; exit 7'`);
  expect(output).toEqual(Buffer.from('a\0\xff\r\n', 'latin1'));
  expect(story).toMatch(/^error$/m);
  expect(exitCode).toBe(7);
});

it('a single word is a line for the shell, several are a program and its arguments', async () => {
  expect((await shellLine(`$EXEC 'echo "$((6*7))" | tr 4 5'`)).output.toString()).toBe('52\n');
  expect((await shellLine(`$EXEC echo '$((6*7))' '|' tr`)).output.toString()).toBe('$((6*7)) | tr\n');
});

it.each([
  ['a pipe', `printf 'a\\nb' | $EXEC cat`, 'a\nb'],
  [
    'a file',
    `$EXEC wc -l < package.json | tr -d ' '`,
    `${readFileSync('package.json', 'utf8').split('\n').length - 1}\n`,
  ],
  ['/dev/null', '$EXEC cat < /dev/null', ''],
  ['nothing at all', '$EXEC cat <&-', ''],
  ['nohup', 'nohup $EXEC echo hello 2>/dev/null', 'hello\n'],
  ['a process without a terminal', 'setsid $EXEC echo hello', 'hello\n'],
])('with standard input from %s', async (_name, line, expected) => {
  const { exitCode, output } = await shellLine(line);
  expect([output.toString(), exitCode]).toEqual([expected, 0]);
});

it('a reader that has had enough ends it, as with any program', async () => {
  const { output } = await shellLine(`{ $EXEC yes; echo "code $?" >&2; } | head -n 2`);
  expect(output.toString()).toBe('y\ny\n');
});

it('a signal gives 128 + n, here and there', async () => {
  expect((await shellLine(`$EXEC 'kill -TERM $$'`)).exitCode).toBe(143);
  const helper = startHelper(argv('sh', '-c', 'echo ready >&2; sleep 1000'), bastion.aws.environment);
  await helper.tells(/^ready$/m);
  helper.process.kill('SIGTERM');
  expect(await helper.exitCode).toBe(143);
});

it('exec without a command is wrong usage', async () => {
  const { exitCode, story } = await shellLine(`${CONNECT.join(' ')} exec`);
  expect([exitCode, story]).toEqual([2, expect.stringMatching(/exec needs a command/) as string]);
});

it('ends at once when the command does', async () => {
  const helper = startHelper(argv('sh', '-c', 'echo now >&2'), bastion.aws.environment);
  await helper.tells(/^now$/m);
  const endedAt = Date.now();
  expect(await helper.exitCode).toBe(0);
  expect(Date.now() - endedAt).toBeLessThan(3000); // a leaked timer or socket would hold it for longer
});

describe(`memory stays flat (${SIZE / 1e6} MB)`, () => {
  const peakOf = (pid: number | undefined): number => {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
  };
  const start = (...words: string[]) => {
    const [node, ...rest] = CONNECT;
    const child = spawn(node, [...rest, ...argv(...words)], {
      cwd: PROJECT,
      env: bastion.aws.environment,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    return { child, ended: once(child, 'close') as Promise<[number | null]> };
  };

  it('out', async () => {
    const { child, ended } = start('sh', '-c', `head -c ${SIZE} /dev/zero; sleep 0.5`);
    let [size, peak] = [0, 0];
    child.stdin.end();
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size === SIZE) peak = peakOf(child.pid);
    });
    expect(await ended).toEqual([0, null]);
    expect(size).toBe(SIZE);
    expect(peak).toBeLessThan(MEMORY_LIMIT_KB);
  });

  it('in', async () => {
    const { child, ended } = start('sh', '-c', 'sha256sum; sleep 0.5');
    const block = randomBytes(1_000_000);
    const hash = createHash('sha256');
    let [output, peak] = ['', 0];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      peak = peakOf(child.pid);
    });
    for (let sent = 0; sent < SIZE; sent += block.length) {
      hash.update(block);
      if (!child.stdin.write(block)) await once(child.stdin, 'drain');
    }
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    expect(output).toBe(`${hash.digest('hex')}  -\n`);
    expect(peak).toBeLessThan(MEMORY_LIMIT_KB);
  });

  it('out to a reader a hundred times slower, who holds the command back', async () => {
    const { child, ended } = start('sh', '-c', `head -c ${SIZE} /dev/zero; echo all has left >&2`);
    child.stdin.end();
    let size = 0;
    for (const until = Date.now() + 10_000; Date.now() < until;) {
      size += (child.stdout.read(6_000) as Buffer | null)?.length ?? 0; // 60 KB/s; the session brings 6 MB/s
      await sleep(100);
    }
    expect(size).toBeGreaterThan(100_000);
    expect(peakOf(child.pid)).toBeLessThan(MEMORY_LIMIT_KB);
    child.kill('SIGTERM');
    child.stdout.resume();
    expect(await ended).toEqual([143, null]);
  });
});
