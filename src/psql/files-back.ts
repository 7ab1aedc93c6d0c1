import { Writable } from 'node:stream';
import { ProtocolError } from '../errors';
import { partialMatch } from '../remote/partial-match';

const NEWLINE = 0x0a;
/** The nonce, a name and a length. */
const MOST_HEADER_BYTES = 200;

/** Tells what psql prints from the files behind it, as `psqlWords` sends them. */
export class FilesBack extends Writable {
  private readonly mark: Buffer;
  private held: Buffer = Buffer.alloc(0);
  /** The file that comes. */
  private current: { readonly name: string; readonly sink: Writable; missing: number } | undefined;
  private readonly complete: string[] = [];

  /** @param sinkOf where a file goes, by its name in the container */
  constructor(
    nonce: string,
    private readonly output: Writable,
    private readonly sinkOf: (name: string) => Writable,
  ) {
    super();
    this.mark = Buffer.from(`${nonce} out.`);
  }

  /** The names of the files that have come. @throws ProtocolError when one has not come whole */
  names(): readonly string[] {
    if (this.current !== undefined) throw new ProtocolError(`${this.current.missing} bytes of a file are missing`);
    return this.complete;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.take(chunk).then(() => {
      done();
    }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    write(this.output, this.held).then(() => {
      done();
    }, done);
    this.held = Buffer.alloc(0);
  }

  private async take(chunk: Buffer): Promise<void> {
    let bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    this.held = Buffer.alloc(0);
    while (bytes.length > 0) {
      if (this.current !== undefined) {
        const part = bytes.subarray(0, this.current.missing);
        await write(this.current.sink, part);
        bytes = bytes.subarray(part.length);
        this.current.missing -= part.length;
        this.finish();
        continue;
      }
      const at = bytes.indexOf(this.mark);
      const end = at < 0 ? -1 : bytes.indexOf(NEWLINE, at);
      const shown = at < 0 ? bytes.length - partialMatch(bytes, this.mark) : at;
      await write(this.output, bytes.subarray(0, shown));
      if (end < 0) {
        if (bytes.length - shown > MOST_HEADER_BYTES) throw new ProtocolError('the header of a file has no end');
        this.held = Buffer.from(bytes.subarray(shown));
        return;
      }
      this.begin(bytes.toString('latin1', at, end));
      bytes = bytes.subarray(end + 1);
      this.finish();
    }
  }

  private begin(header: string): void {
    const [, name = '', length = ''] = header.split(' ');
    if (!/^\d+$/.test(length)) throw new ProtocolError(`a file has no length: ${JSON.stringify(header)}`);
    this.current = { name, sink: this.sinkOf(name), missing: Number(length) };
  }

  private finish(): void {
    if (this.current?.missing !== 0) return;
    this.complete.push(this.current.name);
    this.current = undefined;
  }
}

/** Settles when the reader has it. */
export async function write(stream: Writable, data: Buffer | string): Promise<void> {
  if (data.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    stream.write(data, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
