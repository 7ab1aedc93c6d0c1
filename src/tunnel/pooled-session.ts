import type { Duplex } from 'node:stream';
import { ProtocolError } from '../errors';
import { SessionLostError, SessionRefusedError } from '../session/session';
import type { Planned } from './pool-plan';
import type { PooledTicket, PoolLimits, PortPoolOptions } from './pool-options';

/** The connection to the service. */
interface Link {
  /** In ms since 1970; undefined while it is there. */
  lostAt: number | undefined;
}

/** What a pool needs to hear of its sessions. */
export interface PooledSessionOptions {
  readonly open: PortPoolOptions['open'];
  readonly limits: PoolLimits;
  /** Something has changed that may need doing. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

/** Why a session has ended, and how many open connections it took along. */
export interface Loss {
  readonly error: Error | undefined;
  readonly connections: number;
}

/** A session of a pool with its connections. Disposal ends them. */
export class PooledSession implements Planned, AsyncDisposable {
  isDraining = false;
  readonly openedAt = Date.now();
  /** Settles when it has ended, whoever has ended it. */
  readonly ended: Promise<Loss>;
  private readonly open = new Set<Duplex>();
  /** Connections that are being made. */
  private underway = 0;
  /** Connections that have failed with the session. */
  private lost = 0;
  /** Credentials that were as good as over from the beginning: others would be no better. */
  private readonly credentialsDueAt: number;

  private constructor(
    private readonly ticket: PooledTicket,
    private readonly link: Link,
    private readonly options: PooledSessionOptions,
  ) {
    const dueAt = (ticket.credentialsEnd ?? Infinity) - options.limits.credentialsLeadMs;
    this.credentialsDueAt = dueAt > this.openedAt ? dueAt : Infinity;
    const loss = (error?: unknown): Loss => ({
      error: error instanceof Error ? error : undefined,
      connections: this.lost + this.open.size,
    });
    this.ended = ticket.session.closed.then(() => loss(), loss);
  }

  /** @throws what `open` throws */
  static async open(options: PooledSessionOptions): Promise<PooledSession> {
    const link: Link = { lostAt: undefined };
    const ticket = await options.open((lost) => {
      if (lost === undefined) link.lostAt = undefined;
      else link.lostAt ??= Date.now();
      options.onChange();
    }, options.signal);
    return new PooledSession(ticket, link, options);
  }

  get dueAt(): number {
    const { ageMs, idleMs } = this.options.limits;
    const { hasStreams, lastActivity } = this.ticket.session;
    const idleAt = hasStreams || this.load > 0 ? Infinity : Math.max(lastActivity, this.openedAt) + idleMs;
    return Math.min(this.openedAt + ageMs, this.credentialsDueAt, idleAt);
  }

  get missingAt(): number {
    if (this.hasEnded) return -Infinity;
    return this.isLinked ? Infinity : (this.link.lostAt ?? 0) + this.options.limits.lostMs;
  }

  /** Whether it has a connection to the service just now. */
  get isLinked(): boolean {
    return this.link.lostAt === undefined;
  }

  get hasEnded(): boolean {
    return this.ticket.session.hasEnded;
  }

  /** How many are open. */
  get connections(): number {
    return this.open.size;
  }

  /** Connections that are open, or will be. */
  get load(): number {
    return this.open.size + this.underway;
  }

  /** Whether another connection would wait for the one before. */
  get isBusy(): boolean {
    return !this.ticket.session.hasStreams && this.load > 0;
  }

  /** As `PortSession.connect`. */
  async connect(): Promise<Duplex> {
    this.underway += 1;
    try {
      const connection = await this.ticket.session.connect();
      this.open.add(connection);
      connection.on('error', () => undefined); // 'close' follows; who waited for it may have gone
      connection.once('close', () => {
        this.forget(connection);
      });
      return connection;
    } finally {
      this.underway -= 1;
      if (this.isDraining) this.options.onChange();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.ticket.session[Symbol.asyncDispose]();
  }

  private forget(connection: Duplex): void {
    this.open.delete(connection);
    if (endedWithSession(connection.errored)) this.lost += 1;
    this.options.onChange();
  }
}

/** Connections are destroyed before the session tells of its end, with its reason. */
function endedWithSession(error: Error | null): boolean {
  return error instanceof SessionLostError || error instanceof SessionRefusedError || error instanceof ProtocolError;
}
