import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { psqlWords } from '../../../src/psql/session-script';
import { temporaryDirectory } from '../../support/bastion';
import { Collected, containerWith, REMOTE_SHELLS } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { runThrough } from '../../support/transfer';

const NONCE = '0123456789abcdef';
let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await startGateway({ firstOutputDelayMs: 0, readPauseMs: 0 });
});

afterAll(() => gateway[Symbol.asyncDispose]());

const text = (value: string): string => `t ${Buffer.byteLength(value)}\n${value}`;
const data = (value: string): string => `d ${Buffer.byteLength(value)}\n${value}`;

describe.each(REMOTE_SHELLS)('in a container with %s, a program in the place of psql', (shell) => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryDirectory();
  });

  afterEach(() => {
    expect(readdirSync(folder)).toEqual([]);
  });

  /** Runs a line of the shell instead of psql; its scripts are `$s.0` and `$s.1`. */
  function start(line: string, signal = new AbortController().signal) {
    const input = new PassThrough();
    const [output, errorOutput] = [new Collected(), new Collected()];
    const environment = { ...containerWith(shell), TMPDIR: folder };
    const words = ['sh', '-c', `s=${NONCE}; ${line}`];
    const run = runThrough(gateway, environment);
    const exitCode = run(
      psqlWords({ nonce: NONCE, scripts: 2, encoding: 'UTF8', words }),
      { input, output, errorOutput },
      signal,
    );
    return { input, output: () => output.bytes().toString(), error: () => errorOutput.bytes().toString(), exitCode };
  }

  it('gets scripts and files, and its own files come back behind what it prints', async () => {
    const line =
      'echo "$PGCLIENTENCODING"; cat "$s.0" in.0 "$s.1"; ls -ld . | cut -c 1-10; printf "x\\n\\0y" >out.0; : >out.1';
    const { input, output, error, exitCode } = start(line);
    const large = 'z'.repeat(300_000);
    input.end(
      `s ${NONCE}.0\n${text('one\n')}f in.0\n${data('file')}${data('\n')}${text('two\n')}s ${NONCE}.1\n${text(large)}e\n`,
    );
    expect([await exitCode, error()]).toEqual([0, '']);
    expect(output()).toBe(`UTF8\none\ntwo\nfile\n${large}drwx------\n${NONCE} out.0 4\nx\n\0y${NONCE} out.1 0\n`);
  });

  it('may leave a script before its end, and a part of the next', async () => {
    const { input, output, exitCode } = start('head -n 1 <"$s.0"; cat "$s.1"; exit 3');
    input.end(`s ${NONCE}.0\n${text('one\n')}${text('x'.repeat(500_000))}s ${NONCE}.1\n${text('two\n')}e\n`);
    expect([await exitCode, output()]).toEqual([3, 'one\ntwo\n']);
  });

  it('that fails sends no files, and needs no more input', async () => {
    const { input, output, exitCode } = start('echo x >out.0; exit 2');
    input.write(`s ${NONCE}.0\n`);
    expect([await exitCode, output()]).toEqual([2, '']);
  });

  it('is killed, and sees no end of its script, when the input ends without saying so', async () => {
    const { input, output, exitCode } = start('cat "$s.0"; echo the end; echo the end >"$s.1"');
    input.end(`s ${NONCE}.0\n${text('half')}`);
    expect([await exitCode, output()]).toEqual([137, 'half']);
  });

  // A shell in the background can set no trap for INT; psql can.
  const CANCELS =
    'exec python3 -uc \'import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: sys.exit(print("cancelled"))); print("ready"); time.sleep(100)\'';

  it.each([
    ['ends', CANCELS, 'ready\ncancelled\n'],
    ['is killed when it does not', 'echo ready; exec sleep 100', 'ready\n'],
  ])('gets INT when it is to end, and %s', async (_what, line, said) => {
    const stop = new AbortController();
    const { output, error, exitCode } = start(line, stop.signal);
    while (output() !== 'ready\n') await sleep(20);
    stop.abort(new Error('enough'));
    await expect(exitCode).rejects.toThrow('enough');
    expect([output(), error()]).toEqual([said, '']);
  });
});
