/** Takes exact numbers of bytes from chunks of any size. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** So many bytes; fewer only at the end. */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const part = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(part.length);
      missing -= part.length;
      if (part.length > 0) parts.push(part);
      if (missing > 0 && !(await this.more())) break;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** What stands before the next newline, which is taken too. @throws RangeError when there is none in so many bytes */
  async line(most: number): Promise<string> {
    for (;;) {
      const at = this.rest.indexOf(0x0a);
      if (at >= 0) {
        const line = this.rest.toString('utf8', 0, at);
        this.rest = this.rest.subarray(at + 1);
        return line;
      }
      if (this.rest.length > most) throw new RangeError('the line is too long');
      const before = this.rest;
      if (!(await this.more())) throw new RangeError('the line has no end');
      this.rest = Buffer.concat([before, this.rest]);
    }
  }

  /** Everything that is left. */
  async *all(): AsyncGenerator<Buffer> {
    do {
      if (this.rest.length > 0) yield this.rest;
      this.rest = Buffer.alloc(0);
    } while (await this.more());
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done === true) return false;
    this.rest = next.value;
    return true;
  }
}
