import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TerminalSize } from '../../session/payload';

/** The command could not be started; the text is the agent's, made by Go's `os/exec`. */
export class StartFailure extends Error {}

export interface PtyOptions {
  /** Absolute path of a Python 3. */
  readonly python: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
}

const HELPER = join(__dirname, 'pty.py');

/**
 * A command on a pseudo-terminal of its own; reads and writes wait as the kernel's terminal makes them wait. Node's pty
 * packages read ahead, queue writes without end, know no 0x0 window and do not tell why `exec` failed.
 */
export class Pty {
  private pending: Buffer = Buffer.alloc(0);
  private readonly waiting = new Map<string, (payload: Buffer) => void>();
  private ended = false;
  /** Settles when the command has ended, which may be after the end of its output. */
  readonly exited: Promise<void>;

  private constructor(
    private readonly process: ChildProcess,
    private readonly pid: number,
  ) {
    this.exited = new Promise((resolve) => {
      // Not 'exit', which may come before the last of its output.
      process.once('close', () => {
        this.end();
        resolve();
      });
    });
  }

  /** @throws StartFailure */
  static async start(argv: readonly string[], options: PtyOptions): Promise<Pty> {
    const child = spawn(options.python, ['-I', HELPER, options.environment.LC_CTYPE ?? '', ...argv], {
      cwd: options.workingDirectory,
      env: options.environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdin, stdout } = child;
    // A command that ends while it is typed at is no fault of ours.
    stdin.on('error', () => undefined);
    const first = await new Promise<{ kind: string; payload: Buffer; rest: Buffer }>((resolve, reject) => {
      let bytes = Buffer.alloc(0);
      const take = (chunk: Buffer): void => {
        bytes = Buffer.concat([bytes, chunk]);
        const frame = takeFrame(bytes);
        if (frame === undefined) return;
        stdout.off('data', take);
        resolve(frame);
      };
      stdout.on('data', take);
      child.once('error', reject);
      child.once('close', (code) => {
        reject(new Error(`the pty helper ended with code ${String(code)}`));
      });
    });
    if (first.kind === 'E') throw new StartFailure(`Failed to start pty: ${first.payload.toString()}`);
    const pty = new Pty(child, first.payload.readUInt32BE(0));
    pty.receive(first.rest);
    stdout.on('data', (chunk: Buffer) => {
      pty.receive(chunk);
    });
    return pty;
  }

  /** Reads once, at most `limit` bytes; undefined at the end of output. One read at a time. */
  async read(limit: number): Promise<Buffer | undefined> {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(limit);
    const bytes = await this.ask('R', length, 'O');
    return bytes.length === 0 ? undefined : bytes;
  }

  /** Types the bytes; settles when the terminal has taken them all, or with false when nobody reads it any more. */
  async write(bytes: Buffer): Promise<boolean> {
    return bytes.length === 0 || (await this.ask('I', bytes, 'W'))[0] === 1;
  }

  resize({ columns, rows }: TerminalSize): void {
    const size = Buffer.alloc(4);
    size.writeUInt16BE(rows, 0);
    size.writeUInt16BE(columns, 2);
    this.send('S', size);
  }

  kill(): void {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    this.process.stdin?.end();
  }

  private ask(request: string, payload: Buffer, answer: string): Promise<Buffer> {
    if (this.ended) return Promise.resolve(Buffer.alloc(0));
    return new Promise((resolve) => {
      this.waiting.set(answer, resolve);
      this.send(request, payload);
    });
  }

  private send(kind: string, payload: Buffer): void {
    const header = Buffer.alloc(5);
    header.write(kind, 'latin1');
    header.writeUInt32BE(payload.length, 1);
    this.process.stdin?.write(Buffer.concat([header, payload]));
  }

  private receive(chunk: Buffer): void {
    this.pending = Buffer.concat([this.pending, chunk]);
    for (let frame = takeFrame(this.pending); frame !== undefined; frame = takeFrame(this.pending)) {
      this.pending = frame.rest;
      if (frame.kind === 'X') this.end();
      else this.answer(frame.kind, frame.payload);
    }
  }

  private end(): void {
    this.ended = true;
    for (const kind of this.waiting.keys()) this.answer(kind, Buffer.alloc(0));
  }

  private answer(kind: string, payload: Buffer): void {
    const resolve = this.waiting.get(kind);
    this.waiting.delete(kind);
    resolve?.(payload);
  }
}

/** Type u8, length u32 BE, payload. */
function takeFrame(bytes: Buffer): { kind: string; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 5) return undefined;
  const end = 5 + bytes.readUInt32BE(1);
  if (bytes.length < end) return undefined;
  return { kind: bytes.toString('latin1', 0, 1), payload: bytes.subarray(5, end), rest: bytes.subarray(end) };
}
