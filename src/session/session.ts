import { randomUUID } from 'node:crypto';
import { type Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProtocolError, UserError } from '../errors';
import { Channel, type Effect, MAX_PAYLOAD_BYTES, type Offer } from './channel';
import type { DataKey } from './cipher';
import { CLIENT_VERSION } from './client-version';
import { Connection, type ConnectionLoss } from './connection';
import type { SessionKind } from './handshake';
import { decodeMessage, encodeMessage, type Message } from './message';
import { Output } from './output';
import { acknowledge, type TerminalSize } from './payload';
import type { SessionTicket } from './ticket';
import { untilAborted } from './until-aborted';
import { type ChannelAccess, ChannelRefusedError, type UpgradeHistory, UpgradeRefusedError } from './upgrade';

export type { SessionTicket } from './ticket';

/** The session has gone, and with it what the remote side still had to say. */
export class SessionLostError extends UserError {
  /** As ssh. */
  override readonly exitCode = 255;

  constructor(reason: string, remedy = 'Run the command again', options?: ErrorOptions) {
    super(`The session was lost: ${reason}`, remedy, options);
  }
}

/** The channel was closed with a reason, such as a command that could not be started. */
export class SessionRefusedError extends UserError {
  constructor(readonly reason: string) {
    super(`The session ended: ${reason}`);
  }
}

/** Asks for a new ticket of the session; undefined: the service has ended it. */
type Resume = () => Promise<SessionTicket | undefined>;

export interface SessionOptions {
  /** Gives opening up; an open session ends by disposal. */
  readonly signal?: AbortSignal | undefined;
  /** How its stream is asked for. */
  readonly access: ChannelAccess;
  /** Takes what the agent has to say to the user. */
  readonly notice?: (text: string) => void;
  /**
   * Called after a cut, as often as it takes. A `SessionLostError` ends the session; whatever else is thrown is tried
   * again. Without it a cut is the end.
   */
  readonly resume?: Resume | undefined;
  /** Asks KMS for a data key of 64 bytes. Without it an encrypted session is refused. */
  readonly dataKey?: ((keyId: string) => Promise<DataKey>) | undefined;
  /** Told when the connection is lost, with the reason, again when another keeps it away, and with undefined when it is back. */
  readonly onConnection?: (lost: string | undefined) => void;
  /** The kinds of session that the agent may offer; it ends a session whose kind is not among them. @default shell */
  readonly accept?: readonly SessionKind[];
  /** How long to try to get a lost connection back, in ms; the first one for 20 s at most. @default 10 minutes */
  readonly patienceMs?: number;
}

/** How often overdue frames are looked for; as the real peers do. */
const TICK_MS = 100;
const PATIENCE_MS = 10 * 60_000;
/** Whoever waits for the first connection wants to know soon that there is no way to it. */
const OPEN_PATIENCE_MS = 20_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** So often in a row the service may turn a client away that it has let in, before it is taken at its word. */
const MOST_REFUSALS = 2;
/** Input that waits for its turn; above it the writer is held back. */
const MAX_WAITING_INPUT_BYTES = 64 * 1024;

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
  private readonly clientId = randomUUID();
  /** The streams that hold the socket back. */
  private readonly unread = new Set<Output>();
  /** Frames to be acknowledged once what they carry has been passed on. */
  private unacknowledged: Message[] = [];
  private isFlushing = false;
  private readonly ending = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private connection: Connection | undefined;
  private size: TerminalSize | undefined;
  private code: number | undefined;
  private active = Date.now();
  private hasDelivered = false;
  /** In a row: of the service to open a stream. */
  private refusals = 0;
  private hasBeenOpen = false;
  /** In a row: connections that were lost as soon as they were there. */
  private earlyLosses = 0;
  /** When the first of them was lost, in ms since 1970. */
  private earlyLossesSince = 0;
  private sleepers: (() => void)[] = [];
  /** The agent's flags that nobody has taken yet. */
  private readonly flags: number[] = [];
  private takeFlag: (flag: number) => void = (flag) => this.flags.push(flag);
  private settleClosed: (error?: Error) => void = () => undefined;
  private settleReady: () => void = () => undefined;

  private constructor(
    readonly sessionId: string,
    private readonly options: SessionOptions,
  ) {
    this.channel = new Channel(Date.now(), options.accept);
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
      await session.connect(ticket).catch((error: unknown) => session.connectAgain(error));
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
    return this.connection !== undefined;
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
    if (this.channel.ready && !this.hasEnded()) this.perform(this.channel.resize(size, Date.now()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.connection?.close();
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

  private async connect(ticket: SessionTicket): Promise<void> {
    const connection = await this.openConnection(ticket);
    if (this.hasEnded()) {
      await connection.close();
      return;
    }
    this.refusals = 0;
    this.hasBeenOpen = true;
    this.connection = connection;
    if (this.unread.size === 0) connection.release();
  }

  /** @throws ChannelRefusedError when asking again would be in vain; whatever else keeps it from opening */
  private async openConnection(ticket: SessionTicket): Promise<Connection> {
    const { access } = this.options;
    for (;;) {
      const request = await untilAborted(access.request(ticket.streamUrl, this.history), this.ending.signal);
      try {
        const connection = await Connection.open(ticket, {
          request,
          clientId: this.clientId,
          signal: this.ending.signal,
          onFrame: (frame) => {
            if (this.connection !== connection) return;
            this.earlyLosses = 0;
            this.receive(frame);
          },
          onLost: (loss) => {
            if (this.connection !== connection) return;
            this.connection = undefined;
            void this.reconnect(loss);
          },
        });
        return connection;
      } catch (error) {
        if (!(error instanceof UpgradeRefusedError)) throw error;
        this.refusals += 1;
        const verdict = access.refused(error.refusal, this.history);
        if (verdict === 'later') throw error;
        if (verdict !== 'again') throw verdict;
      }
    }
  }

  private get history(): UpgradeHistory {
    const { refusals, hasBeenOpen } = this;
    return { refusals, hasBeenOpen };
  }

  /** The network may be away at the very moment of opening. @throws `error`, when there is no way back from it */
  private async connectAgain(error: unknown): Promise<void> {
    const { resume, onConnection, patienceMs = PATIENCE_MS } = this.options;
    if (resume === undefined || this.hasEnded() || error instanceof UserError) throw error;
    const reason = describe(error);
    onConnection?.(reason);
    await this.regain(reason, resume, Math.min(patienceMs, OPEN_PATIENCE_MS)).catch((last: unknown) => {
      if (last instanceof ChannelRefusedError) throw last;
      throw error; // the first one tells more
    });
    if (this.hasEnded()) throw error;
    onConnection?.(undefined);
  }

  /** Gets a lost connection back. Frames lost with it are sent again by both sides. */
  private async reconnect({ reason, isEarly, isRefusal }: ConnectionLoss): Promise<void> {
    const { resume, onConnection, patienceMs = PATIENCE_MS } = this.options;
    if (this.hasEnded()) return;
    if (isEarly && this.earlyLosses === 0) this.earlyLossesSince = Date.now();
    this.earlyLosses = isEarly ? this.earlyLosses + 1 : 0;
    const isHopeless =
      (isRefusal && this.earlyLosses >= MOST_REFUSALS) ||
      (this.earlyLosses > 1 && Date.now() - this.earlyLossesSince > patienceMs);
    if (resume === undefined || isHopeless) {
      this.end(new SessionLostError(reason, isRefusal ? `This client says that it is ${CLIENT_VERSION}` : undefined));
      return;
    }
    onConnection?.(reason);
    try {
      await this.regain(reason, resume, patienceMs);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.end(error instanceof SessionLostError ? error : new SessionLostError(error.message, error.remedy));
    }
    if (this.hasEnded()) return;
    onConnection?.(undefined);
    this.perform(this.channel.reconnected(Date.now()));
  }

  /**
   * Asks for tickets until one of them connects, or the session ends.
   * @throws SessionLostError when there is no way back, or none within `patienceMs`; ChannelRefusedError
   */
  private async regain(reason: string, resume: Resume, patienceMs: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    let problem = reason;
    // A service that lets us in and says nothing is not asked in a tight circle.
    let pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, this.earlyLosses - 1), LONGEST_PAUSE_MS);
    if (this.earlyLosses > 1) await this.rest(pause);
    for (; !this.hasEnded(); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const ticket = await untilAborted(resume(), this.ending.signal);
        if (ticket === undefined) {
          throw new SessionLostError('the service had ended it, as it does after 20 idle minutes');
        }
        await this.connect(ticket);
        return;
      } catch (error) {
        if (error instanceof SessionLostError || error instanceof ChannelRefusedError) throw error;
        if (describe(error) !== problem) this.tellWhatToDo(error);
        problem = describe(error);
      }
      if (Date.now() + pause > deadline) {
        throw new SessionLostError(`${reason}, and it could not be resumed (${problem})`);
      }
      await this.rest(pause);
    }
  }

  /** Several clients that lost the same network do not come back at the same moment. */
  private async rest(ms: number): Promise<void> {
    await sleep(ms * (1 + Math.random()), undefined, { signal: this.ending.signal }).catch(() => undefined);
  }

  /** Only the user can mend it, such as credentials that have ended. */
  private tellWhatToDo(error: unknown): void {
    if (error instanceof UserError && error.remedy !== '') {
      this.options.onConnection?.(`${error.message}. ${error.remedy}`);
    }
  }

  private receive(frame: Buffer): void {
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
          this.connection?.send(encodeMessage(effect.message));
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
          this.end(new SessionLostError(effect.reason));
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
    for (const frame of frames) this.connection?.send(encodeMessage(acknowledge(frame)));
  }

  private readonly onUnread = (stream: Output, isTooMuch: boolean): void => {
    if (isTooMuch) {
      this.unread.add(stream);
      this.connection?.hold();
    } else {
      this.unread.delete(stream);
      if (this.unread.size === 0) this.connection?.release();
    }
  };

  private async sendInput(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; offset += MAX_PAYLOAD_BYTES) {
      while (!this.hasEnded() && !(this.channel.hasRoom && this.connection !== undefined)) {
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

function describe(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? String(error.message)
    : String(error);
}
