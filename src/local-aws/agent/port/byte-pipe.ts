import { Signal } from './signal';

/** What Linux keeps between the two ends of a Unix socket. */
const KERNEL_BUFFER_BYTES = 212_992;

/** One direction of the Unix socket between the agent's data channel and its smux library: it blocks as the kernel does. */
export class BytePipe {
  private readonly chunks: Buffer[] = [];
  private waitingBytes = 0;
  private closed = false;
  private readonly changed = new Signal();

  constructor(private readonly capacity = KERNEL_BUFFER_BYTES) {}

  /** Settles when the buffer has room for all of it, or with false when the pipe is closed. One write at a time. */
  async write(bytes: Buffer): Promise<boolean> {
    if (this.closed) return false;
    if (bytes.length === 0) return true;
    this.chunks.push(bytes);
    this.waitingBytes += bytes.length;
    this.changed.give();
    while (this.waitingBytes > this.capacity && !this.isClosed()) await this.changed.wait();
    return !this.isClosed();
  }

  /** As soon as there is something, at most `limit` bytes of it, whatever writes they came in; undefined at the end. */
  async read(limit: number): Promise<Buffer | undefined> {
    while (this.waitingBytes === 0) {
      if (this.closed) return undefined;
      await this.changed.wait();
    }
    return this.take(limit);
  }

  /** Exactly so many bytes; undefined when the pipe ends before. */
  async readAll(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const part = await this.read(missing);
      if (part === undefined) return undefined;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** What is in it can still be read. */
  close(): void {
    this.closed = true;
    this.changed.give();
  }

  private isClosed(): boolean {
    return this.closed;
  }

  private take(limit: number): Buffer {
    const parts: Buffer[] = [];
    let missing = limit;
    for (let [first] = this.chunks; first !== undefined && missing > 0; [first] = this.chunks) {
      const part = first.subarray(0, missing);
      if (part.length === first.length) this.chunks.shift();
      else this.chunks[0] = first.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    this.waitingBytes -= limit - missing;
    this.changed.give();
    return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
  }
}
