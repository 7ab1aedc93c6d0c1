import type { Readable } from 'node:stream';
import { MARK } from './content';

/** Counts what a client puts out, from the mark on: whatever stands before it is its own banner. */
export class Tally {
  private marked = false;
  private taken: Buffer[] = [];
  private length = 0;
  private wake: () => void = () => undefined;
  /** When the first and the last byte came, by `performance.now`. */
  firstAt = 0;
  lastAt = 0;

  /** @param ended rejects when nothing more can come */
  constructor(
    output: Readable,
    private readonly ended: Promise<never>,
  ) {
    output.on('data', (chunk: Buffer) => {
      this.take(chunk);
      this.wake();
    });
  }

  async mark(): Promise<void> {
    await this.until(() => this.marked);
  }

  /** Waits until so many bytes have come since the mark. */
  async bytes(count: number): Promise<void> {
    await this.until(() => this.length >= count);
  }

  async line(): Promise<string> {
    await this.until(() => this.data.includes('\n'));
    return this.data.toString('latin1').trim();
  }

  get data(): Buffer {
    return Buffer.concat(this.taken);
  }

  private async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await Promise.race([new Promise<void>((resolve) => (this.wake = resolve)), this.ended]);
  }

  private take(chunk: Buffer): void {
    const from = this.marked ? 0 : chunk.indexOf(MARK) + 1;
    if (!this.marked && from === 0) return;
    this.marked = true;
    const data = chunk.subarray(from);
    if (data.length === 0) return;
    this.lastAt = performance.now();
    if (this.length === 0) this.firstAt = this.lastAt;
    this.taken.push(data);
    this.length += data.length;
  }
}
