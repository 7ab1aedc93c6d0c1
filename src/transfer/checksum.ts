import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Lets bytes through, counts them and makes their SHA-256. */
export class Checksum extends Transform {
  private readonly hash = createHash('sha256');
  bytes = 0;

  constructor(private readonly onBytes: (bytes: number, chunk: Buffer) => void = () => undefined) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, data: Buffer) => void): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    this.onBytes(this.bytes, chunk);
    done(null, chunk);
  }

  /** In hexadecimal digits; once, at the end. */
  digest(): string {
    return this.hash.digest('hex');
  }
}
