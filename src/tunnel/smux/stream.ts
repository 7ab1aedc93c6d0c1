import { Duplex } from 'node:stream';
import { UserError } from '../../errors';

/** What a stream asks of its client. */
export interface StreamHost {
  /** Sends bytes in this stream's turns; `done` when the last is on its way. */
  send(stream: SmuxStream, data: Buffer, done: () => void): void;
  /** Sends FIN behind them. */
  finish(stream: SmuxStream, done: () => void): void;
  /** The stream is over here, whatever it still had to send. */
  abandon(stream: SmuxStream): void;
  /** What is kept for the reader has grown or shrunk by so many bytes. */
  keeps(bytes: number): void;
  /** Whether silence means that the other side says nothing. */
  readonly isListening: boolean;
}

export interface StreamOptions {
  /** See `SmuxOptions`. */
  readonly finAfterQuietMs: number;
}

/** As a socket's: the other side has closed, and takes no more. */
class BrokenPipeError extends UserError {
  readonly code = 'EPIPE';

  constructor() {
    super('The other side has closed the connection');
  }
}

/** Small: what waits here has no turn yet. */
const WRITE_BUFFER_BYTES = 16 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
/** What a kept piece costs beside its bytes, roughly. */
const PIECE_BYTES = 128;

/**
 * A stream of smux as a Duplex. `end()` sends FIN, and reading goes on until the other side's. A FIN of theirs is the
 * end of reading; xtaci/smux knows no half-closed streams, its `Close` sends FIN and forgets the stream, so from then
 * on nothing written arrives: it is dropped while there is something left to read, and an error (EPIPE) after that.
 */
export class SmuxStream extends Duplex {
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private isHungry = false;
  private hasEnded = false;
  private saidEnd = false;
  private sayEnd: (() => void) | undefined;
  private quiet: NodeJS.Timeout | undefined;

  constructor(
    readonly id: number,
    private readonly host: StreamHost,
    private readonly options: StreamOptions,
  ) {
    super({ writableHighWaterMark: WRITE_BUFFER_BYTES, readableHighWaterMark: READ_BUFFER_BYTES });
  }

  /** What is kept for a reader who does not come for it, in bytes. */
  get backlog(): number {
    return this.keptBytes;
  }

  /** Bytes from the other side. */
  receive(data: Buffer): void {
    if (this.destroyed || this.hasEnded) return;
    this.quiet?.refresh();
    if (this.isHungry) {
      this.feed(data);
      return;
    }
    this.keep(data.length + PIECE_BYTES);
    // A copy: a small piece must not hold on to the large one that it came in.
    this.kept.push(Buffer.from(data));
  }

  /** The other side has said all. */
  receiveEnd(): void {
    if (this.destroyed || this.hasEnded) return;
    this.hasEnded = true;
    this.sayEnd?.();
    if (this.kept.length === 0) this.push(null);
  }

  override _read(): void {
    this.isHungry = true;
    for (let data = this.nextKept(); data !== undefined; data = this.nextKept()) {
      this.keep(-data.length - PIECE_BYTES);
      this.feed(data);
    }
    if (this.hasEnded && this.kept.length === 0) this.push(null);
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (this.hasEnded) done(this.readableEnded ? new BrokenPipeError() : undefined);
    else if (data.length === 0) done();
    else this.host.send(this, data, done);
  }

  /** Small writes travel together. */
  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: (error?: Error) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', done);
  }

  override _final(done: () => void): void {
    this.sayEnd = () => {
      clearTimeout(this.quiet);
      this.sayEnd = undefined;
      this.saidEnd = true;
      this.host.finish(this, done);
    };
    const { finAfterQuietMs } = this.options;
    if (this.hasEnded || finAfterQuietMs === 0) this.sayEnd();
    else this.quiet = setTimeout(this.onQuiet, finAfterQuietMs);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.quiet);
    this.kept.length = 0;
    this.keep(-this.keptBytes);
    if (!this.writableFinished || !this.saidEnd) this.host.abandon(this);
    done(error);
  }

  private readonly onQuiet = (): void => {
    if (this.host.isListening) this.sayEnd?.();
    else this.quiet?.refresh();
  };

  private nextKept(): Buffer | undefined {
    return this.isHungry ? this.kept.shift() : undefined;
  }

  private feed(data: Buffer): void {
    this.isHungry = false;
    // Reading may begin again within this call.
    if (this.push(data)) this.isHungry = true;
  }

  private keep(bytes: number): void {
    this.keptBytes += bytes;
    this.host.keeps(bytes);
  }
}
