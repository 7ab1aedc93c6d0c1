import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ProtocolError, UserError } from '../errors';
import { Channel, CLIENT_VERSION, type Effect, MAX_PAYLOAD_BYTES } from './channel';
import { decodeMessage, encodeMessage } from './message';
import type { TerminalSize } from './payload';

/** What ExecuteCommand and StartSession answer. */
export interface SessionTicket {
  readonly sessionId: string;
  readonly streamUrl: string;
  /** Opens the stream once; a secret. */
  readonly tokenValue: string;
}

export class SessionLostError extends UserError {
  /** As ssh. */
  override readonly exitCode = 255;

  constructor(reason: string, options?: ErrorOptions) {
    super(`The session was lost: ${reason}`, 'Run the command again', options);
  }
}

/** The channel was closed with a reason, such as a command that could not be started. */
export class SessionRefusedError extends UserError {
  constructor(reason: string) {
    super(`The session ended: ${reason}`);
  }
}

/** How often overdue frames are looked for; as the real peers do. */
const TICK_MS = 100;
const PING_INTERVAL_MS = 10_000;
/** Nothing heard for this long, pongs included: the connection is dead. */
const SILENCE_LIMIT_MS = 30_000;
const OPEN_TIMEOUT_MS = 20_000;
/** Input under way. Small, so that a Ctrl-C behind it stays useful when the command does not read. */
const MAX_UNACKNOWLEDGED_BYTES = 64 * 1024;
/** Output that nobody has read yet; above it the socket is not read, and the agent waits. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/**
 * An open session: bytes in, bytes out. Output has back-pressure: what is not read is not fetched.
 * `closed` settles when the remote side has ended and everything it sent lies in `output`; it rejects with a
 * `SessionLostError` or a `SessionRefusedError`. Disposal closes the socket and never throws.
 */
export class Session implements AsyncDisposable {
  readonly output: Readable;
  readonly errorOutput: Readable;
  readonly input: Writable;
  readonly closed: Promise<void>;
  /** Settles at the first output or when the handshake is done. */
  readonly ready: Promise<void>;

  private readonly channel = new Channel(Date.now());
  private readonly streams = { output: new PassThrough(), error: new PassThrough() };
  private readonly timers: NodeJS.Timeout[] = [];
  private size: TerminalSize | undefined;
  private lastHeard = Date.now();
  private wake: () => void = () => undefined;
  private ended = false;
  private settleClosed: (error?: Error) => void = () => undefined;
  private settleReady: () => void = () => undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly notice: (text: string) => void,
  ) {
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
      highWaterMark: MAX_UNACKNOWLEDGED_BYTES,
      write: (chunk: Buffer, _encoding, done) => {
        this.sendInput(chunk).then(() => {
          done();
        }, done);
      },
    });
    this.listen();
  }

  /**
   * Connects and presents the token.
   * @throws SessionLostError when the stream cannot be opened
   */
  static async open(
    ticket: SessionTicket,
    { signal, notice = () => undefined }: { signal?: AbortSignal; notice?: (text: string) => void } = {},
  ): Promise<Session> {
    signal?.throwIfAborted();
    const socket = new WebSocket(ticket.streamUrl, {
      perMessageDeflate: false,
      handshakeTimeout: OPEN_TIMEOUT_MS,
      maxPayload: 16 * 1024 * 1024,
    });
    const abort = (): void => {
      socket.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await once(socket, 'open');
    } catch (error) {
      signal?.throwIfAborted();
      throw new SessionLostError(`its stream cannot be opened (${describe(error)})`, { cause: error });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    // Frames may follow the opening at once, so the listeners are in place before anything is awaited.
    const session = new Session(socket, notice);
    socket.send(
      JSON.stringify({
        MessageSchemaVersion: '1.0',
        RequestId: randomUUID(),
        TokenValue: ticket.tokenValue,
        ClientId: randomUUID(),
        ClientVersion: CLIENT_VERSION,
      }),
    );
    return session;
  }

  /** Tells the remote terminal its size, now or as soon as it can be told. */
  resize(size: TerminalSize): void {
    this.size = size;
    if (this.channel.ready && !this.ended) this.perform(this.channel.resize(size, Date.now()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close(1000);
    // A dead peer does not answer the close frame; nothing is left to lose by then.
    await Promise.race([closed, sleep(500, undefined, { ref: false })]);
    this.socket.terminate();
  }

  private listen(): void {
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.lastHeard = Date.now();
      if (isBinary && !this.ended) this.receive(data);
    });
    this.socket.on('pong', () => (this.lastHeard = Date.now()));
    this.socket.on('error', () => undefined); // 'close' follows and tells the rest
    this.socket.on('close', (code) => {
      this.end(new SessionLostError(`the connection closed without a reason (code ${code})`));
    });
    this.timers.push(
      setInterval(() => {
        this.perform(this.channel.tick(Date.now()));
      }, TICK_MS),
      setInterval(() => {
        // While a slow reader holds the socket back, pongs wait in it too.
        if (this.socket.isPaused) this.lastHeard = Date.now();
        if (Date.now() - this.lastHeard > SILENCE_LIMIT_MS) {
          this.end(new SessionLostError(`nothing was heard for ${SILENCE_LIMIT_MS / 1000} s`));
          this.socket.terminate();
        } else {
          this.socket.ping();
        }
      }, PING_INTERVAL_MS),
    );
    this.socket.ping('keepalive');
  }

  private receive(data: Buffer): void {
    try {
      this.perform(this.channel.receive(decodeMessage(data), Date.now()));
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
          if (this.socket.readyState === WebSocket.OPEN) this.socket.send(encodeMessage(effect.message));
          break;
        case 'deliver':
          this.deliver(this.streams[effect.stream], effect.data);
          break;
        case 'notice':
          this.notice(effect.text);
          break;
        case 'ready':
          this.settleReady();
          if (this.size !== undefined) this.resize(this.size);
          this.wake();
          break;
        case 'close':
          this.end(effect.reason === '' ? undefined : new SessionRefusedError(effect.reason));
          break;
      }
    }
  }

  private deliver(stream: PassThrough, data: Buffer): void {
    stream.write(data);
    if (stream.writableLength + stream.readableLength <= MAX_UNREAD_BYTES || this.socket.isPaused) return;
    this.socket.pause();
    stream.once('drain', () => {
      this.socket.resume();
    });
  }

  private async sendInput(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; offset += MAX_PAYLOAD_BYTES) {
      while (!this.ended && !(this.channel.ready && this.channel.unacknowledgedBytes < MAX_UNACKNOWLEDGED_BYTES)) {
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
      if (this.ended) return; // nobody reads it any more
      this.perform(this.channel.send(chunk.subarray(offset, offset + MAX_PAYLOAD_BYTES), Date.now()));
    }
  }

  private end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    for (const timer of this.timers) clearInterval(timer);
    this.streams.output.end();
    this.streams.error.end();
    this.wake();
    this.settleReady();
    this.settleClosed(error);
  }
}

function describe(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? String(error.message)
    : String(error);
}
