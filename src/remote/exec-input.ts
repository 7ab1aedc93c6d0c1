import type { Readable, Writable } from 'node:stream';
import { ProtocolError } from '../errors';
import { INPUT_CHUNK_BYTES, INPUT_WINDOW_BYTES } from './exec-script';

/** Feeds a command of `execCommand`: its input as fast as it takes it, and beside it what goes before all input. */
export class ExecInput {
  /** Read, and not sent yet. */
  private readonly pending: Buffer[] = [];
  /** Sent, and not taken by the command yet; in bytes. */
  private under = 0;
  private state: 'waiting' | 'open' | 'ended' | 'stopped' = 'waiting';

  constructor(
    private readonly from: Readable,
    private readonly to: Writable,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Nothing is read before the remote side is ready for it. */
  start(): void {
    if (this.state !== 'waiting') return;
    this.state = 'open';
    this.from.on('error', this.onError);
    if (this.from.readableEnded || this.from.destroyed) {
      this.end();
      return;
    }
    this.from.on('data', this.take);
    this.from.once('end', this.end);
  }

  /** The command has taken so many bytes. @throws ProtocolError when they are more than it was sent */
  taken(bytes: number): void {
    if (bytes > this.under) throw new ProtocolError(`${bytes} bytes of input were taken, of ${this.under} sent`);
    this.under -= bytes;
    this.pump();
    if (this.pending.length === 0 && this.state === 'open') this.from.resume();
  }

  /** A chunk of output has been written, so that the next may come. */
  acknowledgeOutput(): void {
    this.to.write('k\n');
  }

  /** The exit code has come, so that the remote side may end. */
  acknowledgeExit(): void {
    this.to.write('q\n');
  }

  signal(name: string): void {
    this.to.write(`s ${name}\n`);
  }

  /** Reads no more; whoever writes to us finds out as from any program that has stopped reading. */
  stop(): void {
    this.state = 'stopped';
    this.pending.length = 0;
    this.from.off('data', this.take).off('end', this.end).off('error', this.onError);
    this.from.pause();
  }

  private readonly take = (chunk: Buffer): void => {
    this.pending.push(chunk);
    this.pump();
    if (this.pending.length > 0) this.from.pause();
  };

  private readonly end = (): void => {
    this.state = 'ended';
    this.pump();
  };

  private pump(): void {
    for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift()) {
      const size = Math.min(next.length, INPUT_CHUNK_BYTES, INPUT_WINDOW_BYTES - this.under);
      if (size < next.length) this.pending.unshift(next.subarray(size));
      if (size <= 0) return;
      this.under += size;
      this.to.write(Buffer.concat([Buffer.from(`d ${size}\n`), next.subarray(0, size)]));
    }
    if (this.state === 'ended') {
      this.state = 'stopped';
      this.to.write('e\n');
    }
  }
}
