import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { findOnPath } from '../../src/local-aws/tools';
import { runExec } from '../../src/remote/exec';
import { execCommand } from '../../src/remote/exec-script';
import { settlesWithin } from '../../src/session/settles-within';
import { Session, type SessionOptions } from '../../src/session/session';
import { temporaryDirectory } from './bastion';
import type { GatewayHarness } from './gateway';
import { UNSIGNED } from './unsigned';

export const REMOTE_SHELLS = ['dash', 'bash', 'busybox'] as const;
export type RemoteShell = (typeof REMOTE_SHELLS)[number];

/** Programs that the remote side uses, where they must be busybox's as well. */
const APPLETS = [
  'sh',
  'base64',
  'cat',
  'dd',
  'mkfifo',
  'mktemp',
  'rm',
  'stty',
  'sleep',
  'mkdir',
  'tee',
  'sha256sum',
  'gzip',
  'sed',
  'wc',
  'chmod',
  'du',
  'mv',
  'stat',
  'tar',
  'touch',
  'uname',
];

/**
 * The environment of a container whose `sh` is the given one; in busybox's, all that we use is busybox. Some programs
 * may be missing.
 */
export function containerWith(shell: RemoteShell, { without = [] as readonly string[] } = {}): NodeJS.ProcessEnv {
  const bin = join(temporaryDirectory(), 'bin');
  const program = findOnPath(shell);
  if (program === undefined) throw new Error(`${shell} is not on the PATH: install it, for example with apt-get`);
  mkdirSync(bin);
  for (const name of shell === 'busybox' ? APPLETS : ['sh']) symlinkSync(program, join(bin, name));
  const rest = without.length === 0 ? (process.env.PATH ?? '') : hostPrograms(without);
  return { PATH: `${bin}:${rest}`, HOME: '/', LANG: 'C.UTF-8', PWD: '/' };
}

/** A folder with all programs of the host but some. */
function hostPrograms(without: readonly string[]): string {
  const folder = temporaryDirectory();
  for (const name of readdirSync('/usr/bin')) {
    if (!without.includes(name)) symlinkSync(join('/usr/bin', name), join(folder, name));
  }
  return folder;
}

/** Of a command that has ended. */
const LAST_END_MS = 10_000;

export interface ExecResult {
  readonly exitCode: number;
  readonly output: Buffer;
  readonly error: Buffer;
}

export interface ExecOptions extends Partial<SessionOptions> {
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: Buffer | Readable;
  readonly output?: Writable;
  readonly onSession?: (session: Session) => void;
}

/** Runs words through a session of the gateway as `exec` does. */
export async function exec(
  gateway: GatewayHarness,
  words: readonly string[],
  { environment, input = Buffer.alloc(0), output, onSession, ...session }: ExecOptions = {},
): Promise<ExecResult> {
  const nonce = randomBytes(8).toString('hex');
  const ticket = gateway.start(execCommand({ nonce, words, waitForClient: false }), {
    ...(environment === undefined ? {} : { environment }),
  });
  const [collectedOutput, error] = [new Collected(), new Collected()];
  const signal = session.signal ?? new AbortController().signal;
  await using open = await Session.open(ticket, { access: UNSIGNED, ...session });
  onSession?.(open);
  const exitCode = await runExec(open, {
    nonce,
    streams: {
      input: Buffer.isBuffer(input) ? Readable.from(input.length === 0 ? [] : [input], { objectMode: false }) : input,
      output: output ?? collectedOutput,
      errorOutput: error,
    },
    warn: (text) => {
      throw new Error(text);
    },
    signal,
    interrupt: () => 'INT',
  });
  // As the helper does, which ends what stays.
  if (!(await settlesWithin(open.closed, LAST_END_MS))) throw new Error('the session does not end with its command');
  return { exitCode, output: collectedOutput.bytes(), error: error.bytes() };
}

/** Keeps what is written. */
export class Collected extends Writable {
  private readonly parts: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.parts.push(Buffer.from(chunk));
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** An input that is written to by hand. */
export function openInput(): PassThrough {
  return new PassThrough();
}

export async function ended(stream: Readable): Promise<void> {
  if (!stream.readableEnded) await once(stream, 'end');
}
