import { Readable, Writable } from 'node:stream';
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

/** Keeps what is written, for those who read it whole. */
export class Text extends Writable {
  private readonly chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
}
