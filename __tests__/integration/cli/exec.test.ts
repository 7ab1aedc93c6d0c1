import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, caller, startBastion, startTask } from '../../support/bastion';
import { CONNECT, PROJECT, runHelper, startHelper } from '../../support/helper';
import { keyOf } from '../../support/sign';

let bastion: Bastion;
let task: string;

const QUICK = {
  startDelayMs: 0,
  agentDelayMs: 0,
  targetNotConnectedMs: 0,
  yumDelayMs: 0,
  firstOutputDelayMs: 0,
  readPauseMs: 0,
};
/** A tenth of what the benchmark moves. */
const SIZE = 100_000_000;
const MEMORY_LIMIT_KB = 150_000;

beforeAll(async () => {
  bastion = await startBastion({ faults: QUICK });
  task = await startTask(bastion);
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
  ['true', '$EXEC true'],
  ['a command that does not read', 'head -c 500000 /dev/urandom | $EXEC sleep 0.2'],
  ['one that reads a part', '{ head -c 300000 /dev/urandom; sleep 1; } | $EXEC head -c 1000 >/dev/null'],
  ['one that is killed', `$EXEC 'kill -KILL $$'`],
])('status knows no session any more after %s', async (_name, line) => {
  await shellLine(line);
  const { output } = await runHelper(['--outputs', bastion.outputsFile, 'status', '--json'], bastion.aws.environment);
  const { tasks } = JSON.parse(output) as { tasks: { sessions: string[] }[] };
  expect(tasks.map(({ sessions }) => sessions)).toEqual([[]]);
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

describe('an encrypted session', () => {
  afterEach(() => {
    bastion.aws.setFaults(QUICK);
  });

  it('carries the same bytes, with a data key of KMS', async () => {
    const { KeyMetadata } = (await caller(bastion.aws)('kms', 'CreateKey', {})) as {
      KeyMetadata: { KeyId: string };
    };
    bastion.aws.setFaults({ ...QUICK, kmsKeyId: KeyMetadata.KeyId });
    const { exitCode, output, story } = await shellLine(`printf 'in\\377' | $EXEC 'cat; exit 6'`);
    expect([output, exitCode]).toEqual([Buffer.from('in\xff', 'latin1'), 6]);
    expect(story).toMatch(/This session is encrypted using AWS KMS/);
  });

  it('is refused with the reason when KMS gives no key', async () => {
    bastion.aws.setFaults({ ...QUICK, kmsKeyId: 'alias/nosuch' });
    const { exitCode, output, story } = await shellLine('$EXEC true');
    expect([output.toString(), exitCode]).toEqual(['', 1]);
    expect(story).toMatch(/kms:GenerateDataKey failed: NotFoundException/);
  });
});

it('a lost connection is resumed with credentials fetched anew', async () => {
  const log = join(bastion.directory, 'credentials.log');
  const config = join(bastion.directory, 'config');
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = keyOf(bastion.aws);
  const credentials = JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey });
  writeFileSync(join(bastion.directory, 'credentials.sh'), `echo asked >> ${log}\necho '${credentials}'\n`);
  writeFileSync(config, `[profile fresh]\ncredential_process = sh ${join(bastion.directory, 'credentials.sh')}\n`);
  const helper = startHelper(['--profile', 'fresh', ...argv('sh', '-c', 'echo ready >&2; sleep 4; echo done')], {
    ...bastion.aws.environment,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_CONFIG_FILE: config,
  });
  await helper.tells(/^ready$/m);
  const asked = (): number => readFileSync(log, 'utf8').split('\n').length;
  const askedBefore = asked();
  bastion.aws.setFaults({ ...QUICK, cutEveryMs: 1, resumeFailure: 'expired' });
  await helper.tells(/^Connection lost: .*Getting it back/m);
  bastion.aws.setFaults(QUICK);
  expect(await helper.exitCode).toBe(0);
  expect(helper.output()).toBe('done\n');
  expect(helper.story()).toMatch(/^Connected again, nothing is lost$/m);
  expect(asked()).toBeGreaterThan(askedBefore + 1);
});

it('a helper that was asleep while its connection was cut goes on where it was', async () => {
  const helper = startHelper(argv('sh', '-c', 'echo ready >&2; sleep 1; seq 1 1000; sleep 4'), bastion.aws.environment);
  await helper.tells(/^ready$/m);
  helper.process.kill('SIGSTOP');
  bastion.aws.setFaults({ ...QUICK, cutEveryMs: 1 });
  await sleep(2000);
  bastion.aws.setFaults(QUICK);
  helper.process.kill('SIGCONT');
  expect(await helper.exitCode).toBe(0);
  expect(helper.output()).toBe(Array.from({ length: 1000 }, (_, n) => `${n + 1}\n`).join(''));
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
  }, 180_000);

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
  }, 180_000);

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
