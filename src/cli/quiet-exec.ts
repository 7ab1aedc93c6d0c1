import { Readable, Writable } from 'node:stream';
import { UserError } from '../errors';
import { type ExecPlace, execIn } from './remote-exec';

export interface QuietResult {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

/** Runs a command in a ready task for its output, which is small. */
export async function runQuietly(words: readonly string[], place: ExecPlace): Promise<QuietResult> {
  const [output, errorOutput] = [new Text(), new Text()];
  const exitCode = await execIn(place, words, { input: Readable.from([]), output, errorOutput });
  return { exitCode, output: output.text, error: errorOutput.text };
}

const MOST_BYTES = 1 << 20;

/** Keeps what is written, for those who read it whole; it fails where that is more than anybody asked for. */
export class Text extends Writable {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null) => void): void {
    this.bytes += chunk.length;
    if (this.bytes <= MOST_BYTES) this.chunks.push(chunk);
    done(this.bytes <= MOST_BYTES ? null : new UserError('A program in the container says more than can be read'));
  }
}
