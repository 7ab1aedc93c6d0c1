import { BytePipe } from './byte-pipe';
import { Signal } from './signal';
import { Command, decodeHeader, encodeFrame, HEADER_BYTES, UPDATE_BYTES, VERSION } from './smux-frame';
import { SmuxStream, type StreamHost } from './smux-stream';

/** smux `DefaultConfig`: what all streams together may leave unread. Above it the client's frames are not read. */
const RECEIVE_BUFFER_BYTES = 4_194_304;
const ACCEPT_BACKLOG = 1024;

export interface KeepAlive {
  /** Between two NOPs, in ms. */
  readonly intervalMs: number;
  /** A session is closed at the first look, one each so many ms, since before which no frame came. */
  readonly timeoutMs: number;
}

interface WriteRequest {
  readonly frame: Buffer;
  readonly priority: number;
  readonly done: (written: boolean) => void;
}

/** The server of the smux library that the agent uses (xtaci/smux, version 1), between two pipes. */
export class SmuxServer implements StreamHost, Disposable {
  /** What the client sends. */
  readonly input = new BytePipe();
  /** What the client is to get. */
  readonly output = new BytePipe();
  private readonly streams = new Map<number, SmuxStream>();
  private readonly backlog: SmuxStream[] = [];
  private readonly requests: WriteRequest[] = [];
  private tokens = RECEIVE_BUFFER_BYTES;
  /** Whether a frame came since the last look. */
  private heard = false;
  private closed = false;
  private readonly changed = new Signal();
  private readonly timers: NodeJS.Timeout[] = [];
  /** A frame that is no smux came, or no more can. */
  broken = false;

  constructor(keepAlive?: KeepAlive) {
    void this.receive();
    void this.send();
    if (keepAlive === undefined) return;
    const ping = (): void => void this.writeFrame(Command.NOP, 0, 0);
    this.timers.push(setInterval(ping, keepAlive.intervalMs));
    this.timers.push(
      setInterval(() => {
        this.checkAlive();
      }, keepAlive.timeoutMs),
    );
  }

  /** The next stream that the client opens; undefined when there will be none. */
  async accept(): Promise<SmuxStream | undefined> {
    for (;;) {
      const stream = this.backlog.shift();
      if (stream !== undefined) {
        this.changed.give();
        return stream;
      }
      if (this.isOver()) return undefined;
      await this.changed.wait();
    }
  }

  async writeFrame(command: number, streamId: number, priority: number, data?: Buffer): Promise<boolean> {
    if (this.closed) return false;
    return new Promise((done) => {
      this.requests.push({ frame: encodeFrame(command, streamId, data), priority, done });
      this.changed.give();
    });
  }

  returnTokens(bytes: number): void {
    this.tokens += bytes;
    this.changed.give();
  }

  streamClosed(streamId: number): void {
    this.streams.delete(streamId);
  }

  [Symbol.dispose](): void {
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const stream of this.streams.values()) stream.die();
    for (const { done } of this.requests.splice(0)) done(false);
    this.input.close();
    this.output.close();
    this.changed.give();
  }

  private isOver(): boolean {
    return this.closed || this.broken;
  }

  private async receive(): Promise<void> {
    while (await this.receiveOne());
    this.broken = true;
    for (const stream of this.streams.values()) stream.wake();
    this.changed.give();
  }

  /** @returns whether another frame can follow */
  private async receiveOne(): Promise<boolean> {
    while (this.tokens <= 0 && !this.closed) await this.changed.wait();
    const bytes = await this.input.readAll(HEADER_BYTES);
    if (bytes === undefined) return false;
    this.heard = true;
    const { version, command, length, streamId } = decodeHeader(bytes);
    if (version !== VERSION) return false;
    switch (command) {
      case Command.NOP:
        return true;
      case Command.SYN:
        return this.open(streamId);
      case Command.FIN:
        this.streams.get(streamId)?.finish();
        return true;
      case Command.PSH:
        return length === 0 || this.push(streamId, length);
      case Command.UPD:
        return (await this.input.readAll(UPDATE_BYTES)) !== undefined;
      default:
        return false;
    }
  }

  private async open(streamId: number): Promise<boolean> {
    if (this.streams.has(streamId)) return true;
    while (this.backlog.length >= ACCEPT_BACKLOG && !this.isOver()) await this.changed.wait();
    const stream = new SmuxStream(streamId, this);
    this.streams.set(streamId, stream);
    this.backlog.push(stream);
    this.changed.give();
    return true;
  }

  /** Data for a stream that is gone is thrown away. */
  private async push(streamId: number, length: number): Promise<boolean> {
    const data = await this.input.readAll(length);
    if (data === undefined) return false;
    const stream = this.streams.get(streamId);
    if (stream === undefined) return true;
    this.tokens -= length;
    stream.push(data);
    return true;
  }

  private async send(): Promise<void> {
    while (!this.closed) {
      const next = this.nextRequest();
      if (next === undefined) await this.changed.wait();
      else next.done(await this.output.write(next.frame));
    }
  }

  /** The one of the lowest priority, which counts a stream's frames: so that streams take turns. */
  private nextRequest(): WriteRequest | undefined {
    const lowest = Math.min(...this.requests.map(({ priority }) => priority));
    const index = this.requests.findIndex(({ priority }) => priority === lowest);
    return index < 0 ? undefined : this.requests.splice(index, 1)[0];
  }

  private checkAlive(): void {
    // With a full buffer nothing is read, and nothing can be heard.
    if (!this.heard && this.tokens > 0) this[Symbol.dispose]();
    this.heard = false;
  }
}
