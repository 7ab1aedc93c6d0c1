import { Signal } from './signal';
import { Command, MAX_FRAME_BYTES } from './smux-frame';

/** What a stream needs of its session. */
export interface StreamHost {
  /** Settles when the frame has left, with false when the session ends before. */
  writeFrame(command: number, streamId: number, priority: number, data?: Buffer): Promise<boolean>;
  /** Bytes of the receive buffer are free again. */
  returnTokens(bytes: number): void;
  streamClosed(streamId: number): void;
  /** Whether nothing more can come: the session has broken. */
  readonly broken: boolean;
}

/** One stream of the agent's smux library, version 1: it has no window of its own, only the session's buffer. */
export class SmuxStream {
  private readonly buffers: Buffer[] = [];
  private finished = false;
  private dead = false;
  private framesWritten = 0;
  private readonly changed = new Signal();

  constructor(
    readonly id: number,
    private readonly host: StreamHost,
  ) {}

  /** The data of the next frame; undefined after the client's FIN, or when the stream is closed. Then `release` it. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      const next = this.buffers.shift();
      if (next !== undefined) return next;
      if (this.finished || this.dead || this.host.broken) return undefined;
      await this.changed.wait();
    }
  }

  /** What was read has been dealt with. */
  release(bytes: Buffer): void {
    this.host.returnTokens(bytes.length);
  }

  /** Settles when the bytes have left, or with false when the stream is closed. One write at a time. */
  async write(bytes: Buffer): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += MAX_FRAME_BYTES) {
      const data = bytes.subarray(at, at + MAX_FRAME_BYTES);
      if (this.dead || !(await this.host.writeFrame(Command.PSH, this.id, this.framesWritten++, data))) return false;
    }
    return true;
  }

  /** Says FIN and throws away what has not been read; there is no half-closed stream. */
  async close(): Promise<void> {
    if (this.dead) return;
    this.die();
    await this.host.writeFrame(Command.FIN, this.id, 0);
    this.host.streamClosed(this.id);
    for (const bytes of this.buffers.splice(0)) this.release(bytes);
  }

  /** The client's data. */
  push(bytes: Buffer): void {
    this.buffers.push(bytes);
    this.changed.give();
  }

  /** The client's FIN: what came before can still be read. */
  finish(): void {
    this.finished = true;
    this.changed.give();
  }

  /** The session is over. */
  die(): void {
    this.dead = true;
    this.changed.give();
  }

  /** Looks again whether the session is broken. */
  wake(): void {
    this.changed.give();
  }
}
