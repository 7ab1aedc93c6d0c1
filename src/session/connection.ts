import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { isErrno } from '../errors';
import { printableLine } from '../printable';
import { CLIENT_VERSION } from './client-version';
import { settlesWithin } from './settles-within';
import type { SessionTicket } from './ticket';
import { readRefusal, UpgradeRefusedError, type UpgradeRequest } from './upgrade';

const OPEN_TIMEOUT_MS = 20_000;
/** For what a refusal has to say. */
const BODY_GRACE_MS = 5_000;
/** Long enough for the close frame to leave; the answer changes nothing any more. */
const CLOSE_TIMEOUT_MS = 50;
const PING_INTERVAL_MS = 4_000;
/** Nothing heard for this long, pongs included: the connection is dead. */
const SILENCE_LIMIT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** Timers late by so much: the machine has slept, and its connections have most likely died meanwhile. */
const SLEEP_GAP_MS = 8_000;
const AFTER_SLEEP_LIMIT_MS = 3_000;
/** The agent's frames have 1.2 KB; what the service says itself, such as why a session has ended, some more. */
export const MAX_FRAME_BYTES = 64 * 1024;
/**
 * What the socket has not taken; above it nothing is read, since each frame that is read wants an acknowledgement. More
 * than all the input that may be under way, which is to keep nobody from reading.
 */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** What waits for a peer that takes nothing and is read all the same; what would go beyond it is lost. */
const MOST_UNSENT_BYTES = 16 * 1024 * 1024;
/** What waits leaves in large pieces, and each may need its time. */
const STANDSTILL_LIMIT_MS = 10_000;
/** Who loses a connection sooner, and has heard nothing by it, has hardly been let in. */
const EARLY_MS = 10_000;
/** RFC 6455: what came was against the server's policy. */
const POLICY_VIOLATION = 1008;

/** The end of a connection. */
export interface ConnectionLoss {
  readonly reason: string;
  /** Whether it was lost as soon as it was there, before a frame came by it. */
  readonly isEarly: boolean;
  /** Whether the service wants nothing of this client, such as of a version that it does not know. */
  readonly isRefusal: boolean;
  /** Whether the other side has sent what the protocol does not allow: it would again. */
  readonly isViolation: boolean;
}

export interface ConnectionOptions {
  /** What the upgrade is asked for with. */
  readonly request: UpgradeRequest;
  /** The same for all connections of a session. */
  readonly clientId: string;
  readonly onFrame: (frame: Buffer) => void;
  /** The connection has ended, and why; once, and not after `close`. */
  readonly onLost: (loss: ConnectionLoss) => void;
  readonly signal?: AbortSignal | undefined;
  /** How long opening may take altogether, however it goes on, in ms. @default 25 s */
  readonly openLimitMs?: number;
}

/** One websocket of a data channel: opened with a token, watched, and lost some day. It begins held. */
export class Connection {
  private readonly openedAt = Date.now();
  private lastHeard = this.openedAt;
  private lastCheck = Date.now();
  private lastPing = 0;
  private reason: string | undefined;
  private isViolated = false;
  private over = false;
  private hasHeard = false;
  private isCorked = false;
  /** Whoever uses the connection wants nothing more for now. */
  private isUnwanted = true;
  /** Too much waits to leave for more to be read: what had left by then, in bytes, and when that last grew. */
  private congestion: { left: number; movedAt: number } | undefined;
  /** Nothing leaves, and waiting for it would not help. */
  private isStuck = false;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly socket: WebSocket,
    private readonly tcp: Socket | undefined,
    { onFrame, onLost }: ConnectionOptions,
  ) {
    socket.on('message', (data: Buffer, isBinary) => {
      this.lastHeard = Date.now();
      if (!isBinary || this.over) return;
      this.hasHeard = true;
      onFrame(data);
    });
    socket.on('pong', () => (this.lastHeard = Date.now()));
    socket.on('ping', (data: Buffer) => {
      this.lastHeard = Date.now();
      if (!this.isOverfull) socket.pong(data);
    });
    socket.on('error', (error) => {
      if (!isErrno(error, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')) return;
      this.isViolated = true;
      this.reason = `a message of more than ${MAX_FRAME_BYTES / 1024} KiB came`;
    });
    socket.on('close', (code, said) => {
      clearInterval(this.timer);
      const isEarly = !this.hasHeard && Date.now() - this.openedAt < EARLY_MS;
      const reason = this.reason ?? closedBecause(code, said);
      const isRefusal = isEarly && code === POLICY_VIOLATION;
      if (!this.over) onLost({ reason, isEarly, isRefusal, isViolation: this.isViolated });
      this.over = true;
    });
    tcp?.on('drain', this.onDrain);
    this.timer = setInterval(() => {
      this.watch();
    }, CHECK_INTERVAL_MS);
    this.ping();
  }

  /**
   * Connects and presents the token.
   * @throws UpgradeRefusedError; whatever else the socket says; the signal's reason when it aborts
   */
  static async open(
    { tokenValue }: Pick<SessionTicket, 'tokenValue'>,
    options: ConnectionOptions,
  ): Promise<Connection> {
    const { signal, clientId, request, openLimitMs = OPEN_TIMEOUT_MS + BODY_GRACE_MS } = options;
    signal?.throwIfAborted();
    let tcp: Socket | undefined;
    const socket = new WebSocket(request.url, {
      headers: { ...request.headers },
      perMessageDeflate: false,
      autoPong: false, // a pong for each of a crowd of pings would be kept, however many
      handshakeTimeout: OPEN_TIMEOUT_MS,
      maxPayload: MAX_FRAME_BYTES,
    });
    socket.once('upgrade', (answer: IncomingMessage) => (tcp = answer.socket));
    socket.on('error', () => undefined); // 'close' follows and tells the rest
    // Frames may come with the opening itself, before a promise can tell of it: nothing is read until the owner is there.
    socket.once('open', () => {
      socket.pause();
    });
    const refused = new Promise<never>((_resolve, reject) => {
      socket.once('unexpected-response', (_request, answer) => {
        void readRefusal(answer).then((refusal) => {
          reject(new UpgradeRefusedError(refusal));
          socket.terminate();
        });
      });
    });
    const abort = (): void => {
      socket.terminate();
    };
    // The socket's own limit is one of silence, and headers may come one letter after the other.
    const limit = setTimeout(abort, openLimitMs);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([once(socket, 'open'), refused]);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(limit);
      signal?.removeEventListener('abort', abort);
    }
    const connection = new Connection(socket, tcp, options);
    socket.send(
      JSON.stringify({
        MessageSchemaVersion: '1.0',
        RequestId: randomUUID(),
        TokenValue: tokenValue,
        ClientId: clientId,
        ClientVersion: CLIENT_VERSION,
      }),
    );
    return connection;
  }

  /** What cannot be sent is lost: the channel sends it again. */
  send(frame: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN || this.isOverfull) return;
    this.socket.send(frame);
    this.cork();
    if (this.isStuck || this.congestion !== undefined || this.socket.bufferedAmount <= MAX_UNSENT_BYTES) return;
    this.congestion = { left: this.left, movedAt: Date.now() };
    this.update();
  }

  private get isOverfull(): boolean {
    return this.socket.bufferedAmount > MOST_UNSENT_BYTES;
  }

  /** Frames are small and come in crowds: those behind the first are one write. It goes at once, for it may be alone. */
  private cork(): void {
    if (this.isCorked) return;
    this.isCorked = true;
    this.tcp?.cork();
    process.nextTick(this.uncork);
  }

  private readonly uncork = (): void => {
    this.isCorked = false;
    this.tcp?.uncork();
  };

  /** Whether the socket is not read, so that the other side waits. */
  get isHeld(): boolean {
    return this.socket.isPaused;
  }

  hold(): void {
    this.isUnwanted = true;
    this.update();
  }

  release(): void {
    this.isUnwanted = false;
    this.update();
  }

  /** Says goodbye; a dead peer does not answer, and nothing is left to lose by then. Never throws. */
  async close(): Promise<void> {
    this.over = true;
    clearInterval(this.timer);
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.resume(); // the answer lies behind what was held back
    const closed = once(this.socket, 'close');
    this.socket.close(1000);
    await settlesWithin(closed, CLOSE_TIMEOUT_MS);
    this.socket.terminate();
  }

  private update(): void {
    if (this.over) return;
    if (this.isUnwanted || this.congestion !== undefined) this.socket.pause();
    else this.socket.resume();
  }

  /** Bytes that the system has taken. What waits says nothing of them: input may follow as fast as they leave. */
  private get left(): number {
    return (this.tcp?.bytesWritten ?? 0) - (this.tcp?.writableLength ?? 0);
  }

  private readonly onDrain = (): void => {
    this.congestion = undefined;
    this.isStuck = false;
    this.update();
  };

  /**
   * An agent whose command takes no input reads no acknowledgements either, and the command may be waiting for its
   * output to be read. So reading waits only as long as something leaves.
   */
  private watchCongestion(): void {
    if (this.congestion === undefined) return;
    const now = Date.now();
    const { left } = this;
    if (left > this.congestion.left) {
      this.congestion = { left, movedAt: now };
    } else if (now - this.congestion.movedAt >= STANDSTILL_LIMIT_MS) {
      this.congestion = undefined;
      this.isStuck = true;
      this.update();
    }
  }

  private ping(): void {
    this.lastPing = Date.now();
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping('keepalive');
  }

  private watch(): void {
    const now = Date.now();
    const hasSlept = now - this.lastCheck > SLEEP_GAP_MS;
    this.lastCheck = now;
    this.watchCongestion();
    // While the socket is held back, pongs wait in it too.
    if (this.isHeld) this.lastHeard = now;
    if (hasSlept) this.lastHeard = now - SILENCE_LIMIT_MS + AFTER_SLEEP_LIMIT_MS;
    if (now - this.lastHeard > SILENCE_LIMIT_MS) {
      this.reason = `nothing was heard for ${SILENCE_LIMIT_MS / 1000} s`;
      this.socket.terminate();
    } else if (hasSlept || now - this.lastPing >= PING_INTERVAL_MS) {
      this.ping();
    }
  }
}

function closedBecause(code: number, said: Buffer): string {
  const reason = printableLine(said.toString().trim());
  return reason === '' ? `the connection closed (code ${code})` : `the service closed the connection: ${reason}`;
}
