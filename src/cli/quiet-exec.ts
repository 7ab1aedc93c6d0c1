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

/** A question's answer has some kilobytes. */
const MOST_TEXT_BYTES = 4 * 1024 * 1024;

/** Keeps what is written, for those who read it whole; more than 4 MiB is an error. */
export class Text extends Writable {
  private readonly chunks: Buffer[] = [];
  private length = 0;

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.length += chunk.length;
    if (this.length > MOST_TEXT_BYTES) {
      done(new UserError('The container answers without end', 'See what runs in it'));
      return;
    }
    this.chunks.push(chunk);
    done();
  }
}
