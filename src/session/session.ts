import { type Readable, Writable } from 'node:stream';
import { ProtocolError, UserError } from '../errors';
import { Channel, type Effect, MAX_PAYLOAD_BYTES, type Offer } from './channel';
import type { DataKey } from './cipher';
import { describe, SessionLostError, SessionNotEncryptedError, SessionRefusedError } from './errors';
import type { SessionKind } from './handshake';
import { decodeMessage, encodeMessage, type Message } from './message';
import { Output } from './output';
import { acknowledge, type TerminalSize } from './payload';
import { Reconnecting, type ReconnectOptions } from './reconnect';
import type { SessionTicket } from './ticket';

export { SessionLostError, SessionNotEncryptedError, SessionRefusedError } from './errors';
export type { SessionTicket } from './ticket';

export interface SessionOptions extends ReconnectOptions {
  /** Gives opening up; an open session ends by disposal. */
  readonly signal?: AbortSignal | undefined;
  /** Takes what the agent has to say to the user. */
  readonly notice?: (text: string) => void;
  /** Asks KMS for a data key of 64 bytes. Without it an encrypted session is refused. */
  readonly dataKey?: ((keyId: string) => Promise<DataKey>) | undefined;
  /** The kinds of session that the agent may offer; it ends a session whose kind is not among them. @default shell */
  readonly accept?: readonly SessionKind[];
  /** Whether a session that is not encrypted with a KMS key ends with a `SessionNotEncryptedError`. @default false */
  readonly mustEncrypt?: boolean;
}

/** How often overdue frames are looked for; as the real peers do. */
const TICK_MS = 100;
/** Input that waits for its turn; above it the writer is held back. */
const MAX_WAITING_INPUT_BYTES = 64 * 1024;

/** A flag tells of a connection that failed, and there are none before somebody takes flags. */
const MOST_WAITING_FLAGS = 64;

/**
 * An open session: bytes in, bytes out, over as many connections as it takes. Output has back-pressure: what is not
 * read is not fetched. `closed` settles when the remote side has ended and everything it sent lies in `output`; it
 * rejects with a `SessionLostError` or a `SessionRefusedError`. Disposal closes the connection and never throws.
 */
export class Session implements AsyncDisposable {
  readonly output: Readable;
  readonly errorOutput: Readable;
  readonly input: Writable;
  readonly closed: Promise<void>;
  /** Settles when input may be sent: at the first output or when the handshake is done. */
  readonly ready: Promise<void>;

  private readonly channel: Channel;
  private readonly streams: { readonly output: Output; readonly error: Output };
  /** The streams that hold the socket back. */
  private readonly unread = new Set<Output>();
  /** Frames to be acknowledged once what they carry has been passed on. */
  private unacknowledged: Message[] = [];
  private isFlushing = false;
  private readonly ending = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly connecting: Reconnecting;
  private size: TerminalSize | undefined;
  private code: number | undefined;
  private active = Date.now();
  private hasDelivered = false;
  private sleepers: (() => void)[] = [];
  /** The agent's flags that nobody has taken yet. */
  private readonly flags: number[] = [];
  private takeFlag: (flag: number) => void = (flag) => {
    if (this.flags.push(flag) > MOST_WAITING_FLAGS) this.end(new SessionLostError('the agent sends flags without end'));
  };
  private settleClosed: (error?: Error) => void = () => undefined;
  private settleReady: () => void = () => undefined;

  private constructor(
    readonly sessionId: string,
    private readonly options: SessionOptions,
  ) {
    this.channel = new Channel(Date.now(), options.accept, options.mustEncrypt);
    this.connecting = new Reconnecting(options, {
      ending: this.ending.signal,
      isHeld: () => this.unread.size > 0,
      onFrame: (frame) => {
        this.receive(frame);
      },
      onBack: () => {
        this.perform(this.channel.reconnected(Date.now()));
      },
      onGone: (error) => {
        this.end(error);
      },
    });
    this.streams = { output: new Output(this.onUnread), error: new Output(this.onUnread) };
    this.output = this.streams.output;
    this.errorOutput = this.streams.error;
    this.closed = new Promise((resolve, reject) => {
      this.settleClosed = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    // Whoever awaits `closed` later still sees the rejection; until then it is not an unhandled one.
    this.closed.catch(() => undefined);
    this.ready = new Promise((resolve) => (this.settleReady = resolve));
    this.input = new Writable({
      highWaterMark: MAX_WAITING_INPUT_BYTES,
      write: (chunk: Buffer, _encoding, done) => {
        this.sendInput(chunk).then(() => {
          done();
        }, done);
      },
    });
    this.timer = setInterval(() => {
      this.perform(this.channel.tick(Date.now()));
      this.wake();
    }, TICK_MS);
  }

  /**
   * Connects and presents the token; where that fails and `resume` is given, with new tickets for a while.
   * @throws SessionLostError when the stream cannot be opened, ChannelRefusedError when the service does not want to
   */
  static async open(ticket: SessionTicket, options: SessionOptions): Promise<Session> {
    const session = new Session(ticket.sessionId, options);
    const abort = (): void => {
      session.end();
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      await session.connecting.open(ticket);
    } catch (error) {
      session.end();
      options.signal?.throwIfAborted();
      if (error instanceof UserError) throw error;
      throw new SessionLostError(`its stream cannot be opened (${describe(error)})`, undefined, { cause: error });
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
    return session;
  }

  /** The command's exit code, where the agent tells it (NonInteractiveCommands with separate streams). */
  get exitCode(): number | undefined {
    return this.code;
  }

  /** When data last went either way, in ms since 1970. */
  get lastActivity(): number {
    return this.active;
  }

  /** Whether there is a connection just now: without one nothing is heard, and nothing lost. */
  get isConnected(): boolean {
    return this.connecting.current !== undefined;
  }

  /** What the agent has offered in its handshake; known when `ready`, undefined when there was none. */
  get offer(): Offer | undefined {
    return this.channel.offer;
  }

  /** Takes the agent's flags (`PortFlag`), beginning with those that have come already. */
  onFlag(take: (flag: number) => void): void {
    this.takeFlag = take;
    for (const flag of this.flags.splice(0)) take(flag);
  }

  /** Sends a flag; settles when all that was sent has reached the agent, or the session has ended. */
  async sendFlag(flag: number): Promise<boolean> {
    if (!this.channel.ready || this.hasEnded()) return false;
    this.perform(this.channel.sendFlag(flag, Date.now()));
    while (!this.hasEnded() && !this.channel.allAcknowledged) await this.change();
    return this.channel.allAcknowledged;
  }

  /** Tells the remote terminal its size, now or as soon as it can be told. */
  resize(size: TerminalSize): void {
    this.size = size;
    if (!this.hasEnded()) this.perform(this.channel.resize(size, Date.now()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.connecting.current?.close();
  }

  private hasEnded(): boolean {
    return this.ending.signal.aborted;
  }

  /** Settles when something may have changed. */
  private change(): Promise<void> {
    return new Promise((resolve) => this.sleepers.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.sleepers.splice(0)) resolve();
  }

  private receive(frame: Buffer): void {
    if (this.hasEnded()) return;
    try {
      this.perform(this.channel.receive(decodeMessage(frame), Date.now()));
    } catch (error) {
      // A damaged frame is not acknowledged, so the agent sends it again.
      if (!(error instanceof ProtocolError)) throw error;
    }
    this.wake();
  }

  private perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'transmit':
          this.acknowledge();
          this.connecting.current?.send(encodeMessage(effect.message));
          break;
        case 'acknowledge':
          this.unacknowledged.push(effect.message);
          this.scheduleFlush();
          break;
        case 'deliver':
          this.deliver(this.streams[effect.stream], effect.data);
          break;
        case 'exitCode':
          this.code = effect.exitCode;
          break;
        case 'flag':
          this.takeFlag(effect.flag);
          break;
        case 'notice':
          this.options.notice?.(effect.text);
          break;
        case 'requestDataKey':
          void this.fetchDataKey(effect.keyId);
          break;
        case 'ready':
          this.settleReady();
          if (this.size !== undefined) this.resize(this.size);
          this.wake();
          break;
        case 'close':
          this.end(effect.reason === '' ? undefined : this.closedFor(effect.reason));
          break;
        case 'fail':
          this.end(new (effect.isUnencrypted ? SessionNotEncryptedError : SessionLostError)(effect.reason));
          break;
      }
    }
  }

  /** Before the first output it is a refusal, such as of a command that is not there. */
  private closedFor(reason: string): UserError {
    return this.hasDelivered ? new SessionLostError(reason) : new SessionRefusedError(reason);
  }

  private deliver(stream: Output, data: Buffer): void {
    this.active = Date.now();
    this.hasDelivered = true;
    if (this.hasEnded()) return;
    stream.add(data);
    this.scheduleFlush();
  }

  /** Frames come in crowds, and what they carry goes on as one. */
  private scheduleFlush(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    process.nextTick(() => {
      this.flush();
    });
  }

  /** Passes on what has been delivered, and only then acknowledges it: the reader has waited for one, nobody for the other. */
  private flush(): void {
    this.isFlushing = false;
    this.streams.output.flush();
    this.streams.error.flush();
    this.acknowledge();
  }

  private acknowledge(): void {
    if (this.unacknowledged.length === 0) return;
    const frames = this.unacknowledged;
    this.unacknowledged = [];
    for (const frame of frames) this.connecting.current?.send(encodeMessage(acknowledge(frame)));
  }

  private readonly onUnread = (stream: Output, isTooMuch: boolean): void => {
    if (isTooMuch) {
      this.unread.add(stream);
      this.connecting.current?.hold();
    } else {
      this.unread.delete(stream);
      if (this.unread.size === 0) this.connecting.current?.release();
    }
  };

  private async sendInput(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; offset += MAX_PAYLOAD_BYTES) {
      while (!this.hasEnded() && !(this.channel.hasRoom && this.connecting.current !== undefined)) {
        await this.change();
      }
      if (this.hasEnded()) return; // nobody reads it any more
      this.active = Date.now();
      this.perform(this.channel.send(chunk.subarray(offset, offset + MAX_PAYLOAD_BYTES), this.active));
    }
  }

  private async fetchDataKey(keyId: string): Promise<void> {
    const { dataKey } = this.options;
    try {
      if (dataKey === undefined) throw new UserError('This client was given no way to ask KMS for a key');
      const key = await dataKey(keyId);
      this.perform(this.channel.dataKey(key, Date.now()));
    } catch (error) {
      // The agent ends the session with these words.
      this.perform(this.channel.noDataKey(describe(error), Date.now()));
    }
  }

  private end(error?: Error): void {
    if (this.hasEnded()) return;
    this.ending.abort();
    clearInterval(this.timer);
    this.flush();
    this.streams.output.end();
    this.streams.error.end();
    this.wake();
    this.settleClosed(error);
    this.settleReady();
  }
}
