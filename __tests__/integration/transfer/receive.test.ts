import { createHash } from 'node:crypto';
import { newNonce } from '../../../src/transfer/nonce';
import { receive, type Received, type ReceiveOptions } from '../../../src/transfer/receive';
import { Collected, containerWith, REMOTE_SHELLS } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { someBytes } from '../../support/random';
import { runThrough } from '../../support/transfer';
import { temporaryDirectory } from '../../support/bastion';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await startGateway({ firstOutputDelayMs: 0, readPauseMs: 0 });
});

afterAll(() => gateway[Symbol.asyncDispose]());

interface Fetched extends Received {
  readonly output: Buffer;
  readonly error: string;
}

async function fetchBytes(
  words: readonly string[],
  {
    environment,
    ...options
  }: Pick<ReceiveOptions, 'streams' | 'compress' | 'onProgress'> & { environment: NodeJS.ProcessEnv },
): Promise<Fetched> {
  const [sink, errorOutput] = [new Collected(), new Collected()];
  const nonce = newNonce();
  const received = await receive({
    run: runThrough(gateway, environment),
    words,
    sink,
    errorOutput,
    ...options,
    signal: new AbortController().signal,
    nonce,
  });
  expect(existsSync(`/tmp/.aurora-bastion-${nonce}`)).toBe(false);
  return { ...received, output: sink.bytes(), error: errorOutput.bytes().toString() };
}

describe.each(REMOTE_SHELLS)('with %s as the remote shell', (shell) => {
  const environment = containerWith(shell);

  it.each([
    [1, false, 0],
    [1, true, 0],
    [3, false, 0],
    [1, false, 1_000_003],
    [1, true, 1_000_003],
    [2, false, 65_536],
    [2, true, 400_000],
    [3, false, 65_536 * 3],
    [3, false, 65_536 * 3 + 1],
    [5, false, 1_000_003],
    [5, true, 1_000_003],
  ])('%d streams, compressed: %s, %d bytes', async (streams, compress, length) => {
    const bytes = someBytes(length, length + streams);
    const file = join(temporaryDirectory(), 'bytes');
    writeFileSync(file, bytes);
    const { exitCode, output, sha256, error } = await fetchBytes(['cat', file], { streams, compress, environment });
    expect([exitCode, error, output.length]).toEqual([0, '', length]);
    expect(output.equals(bytes)).toBe(true);
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each([1, 3])('its exit code and its words, over %d streams', async (streams) => {
    const words = ['sh', '-c', 'printf abc; echo no more >&2; exit 7'];
    const { exitCode, output, error } = await fetchBytes(words, { streams, compress: true, environment });
    expect([exitCode, output.toString(), error]).toEqual([7, 'abc', 'no more\n']);
  });
});

it('without gzip and Python they come as they are', async () => {
  const environment = containerWith('dash', { without: ['gzip', 'python3'] });
  const words = ['sh', '-c', 'printf abc'];
  const { exitCode, output } = await fetchBytes(words, { streams: 1, compress: true, environment });
  expect([exitCode, output.toString()]).toEqual([0, 'abc']);
});

it('without gzip, Python compresses', async () => {
  const environment = containerWith('dash', { without: ['gzip'] });
  const words = ['sh', '-c', 'yes | head -c 1000000'];
  let travelled = 0;
  const { exitCode, output } = await fetchBytes(words, {
    streams: 1,
    compress: true,
    environment,
    onProgress: (bytes) => (travelled = bytes),
  });
  expect([exitCode, output.toString() === 'y\n'.repeat(500_000), travelled < 10_000]).toEqual([0, true, true]);
});
