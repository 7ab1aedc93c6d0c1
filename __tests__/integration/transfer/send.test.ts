import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { newNonce } from '../../../src/transfer/nonce';
import { send } from '../../../src/transfer/send';
import { SCRIPT_FILE } from '../../../src/transfer/sink-script';
import { Collected, containerWith, REMOTE_SHELLS } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { someBytes } from '../../support/random';
import { runThrough } from '../../support/transfer';

let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await startGateway({ firstOutputDelayMs: 0, readPauseMs: 0 });
});

afterAll(() => gateway[Symbol.asyncDispose]());

interface Sent {
  readonly exitCode: number;
  readonly output: Buffer;
  readonly error: string;
}

interface Sending {
  readonly compress: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly script?: string;
  readonly filter?: readonly string[];
  readonly sha256?: string;
}

async function sendBytes(
  bytes: Buffer,
  words: readonly string[],
  { environment, sha256 = sum(bytes), ...options }: Sending,
): Promise<Sent> {
  const [output, errorOutput] = [new Collected(), new Collected()];
  const nonce = newNonce();
  const exitCode = await send({
    run: runThrough(gateway, environment),
    ...options,
    words,
    source: () => Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }),
    sha256,
    output,
    errorOutput,
    signal: new AbortController().signal,
    nonce,
  });
  expect(existsSync(`/tmp/.aurora-bastion-${nonce}`)).toBe(false);
  return { exitCode, output: output.bytes(), error: errorOutput.bytes().toString() };
}

function sum(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(REMOTE_SHELLS)('with %s as the remote shell', (shell) => {
  const environment = containerWith(shell);

  it.each([
    [0, false],
    [0, true],
    [1, false],
    [1_000_003, false],
    [1_000_003, true],
  ])('%d bytes, compressed: %s', async (length, compress) => {
    const bytes = someBytes(length, length);
    const { exitCode, output, error } = await sendBytes(bytes, ['cat'], { compress, environment });
    expect([exitCode, error, output.length]).toEqual([0, '', length]);
    expect(output.equals(bytes)).toBe(true);
  });

  it('a script goes before, and is no argument', async () => {
    const script = 'first line\nsecond\n';
    const words = ['sh', '-c', `cat ${SCRIPT_FILE} -; ps -o args= -p $$`];
    const { exitCode, output } = await sendBytes(Buffer.from('and bytes\n'), words, {
      compress: true,
      environment,
      script,
    });
    expect([exitCode, output.toString().split('\n').slice(0, 3)]).toEqual([0, ['first line', 'second', 'and bytes']]);
  });

  it('bytes that are not the right ones have no end: what takes them cannot commit', async () => {
    const words = ['sh', '-c', 'cat; echo committed'];
    const bytes = someBytes(100_000, 7);
    await expect(
      sendBytes(bytes, words, { compress: false, environment, sha256: sum(Buffer.from('others')) }),
    ).rejects.toThrow('What arrived is not what was sent: the SHA-256 sums differ');
  });

  it('a filter stands before it, and need not take everything', async () => {
    const filter = ['sh', '-c', 'head -c 3 | tr a-z A-Z'];
    const bytes = Buffer.from('abcdef'.repeat(100_000));
    const { exitCode, output } = await sendBytes(bytes, ['cat'], { compress: false, environment, filter });
    expect([exitCode, output.toString()]).toEqual([0, 'ABC']);
  });

  it('a filter that fails lets nothing be committed', async () => {
    const words = ['sh', '-c', 'cat; echo committed >&2'];
    const filter = ['sh', '-c', 'head -c 3; exit 9'];
    await expect(sendBytes(someBytes(1_000_000, 3), words, { compress: true, environment, filter })).rejects.toThrow(
      'sh ended with the exit code 9',
    );
  });

  it('a program that fails before the end of its bytes tells why', async () => {
    const words = ['sh', '-c', 'head -c 10 >/dev/null; echo cannot >&2; exit 3'];
    const { exitCode, error } = await sendBytes(someBytes(3_000_000, 9), words, { compress: false, environment });
    expect([exitCode, error]).toEqual([3, 'cannot\n']);
  });
});

describe('a container without gzip', () => {
  it.each([
    ['with Python', true],
    ['without Python', false],
  ])('%s', async (_name, hasPython) => {
    const environment = containerWith('dash', { without: hasPython ? ['gzip'] : ['gzip', 'python3'] });
    const bytes = someBytes(300_000, 11);
    const { exitCode, output, error } = await sendBytes(bytes, ['cat'], { compress: true, environment });
    expect([exitCode, error, output.equals(bytes)]).toEqual([0, '', true]);
  });
});
