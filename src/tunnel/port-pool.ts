import type { Duplex } from 'node:stream';
import { UserError } from '../errors';
import { settlesWithin } from '../session/settles-within';
import { Opener } from './pool-opener';
import { LIMITS, NoMorePortsError, type PoolLimits, type PortPoolOptions } from './pool-options';
import { type Plan, plan } from './pool-plan';
import { Trouble } from './pool-trouble';
import { Waiters } from './pool-waiters';
import { type Loss, PooledSession } from './pooled-session';

export { NoMorePortsError, type PooledTicket, type PoolEvent, type PortPoolOptions } from './pool-options';

/** Timers stand still while the machine sleeps; credentials and sessions do not. */
const LOOK_MS = 15_000;

/**
 * Sessions to one destination, of which none has to last: each is replaced before the service ends it, when it has lost
 * its connection, and when it has gone. New connections go to the one with the fewest; those of a replaced one go on
 * there until they end.
 */
export class PortPool implements AsyncDisposable {
  /** Rejects with the `NoMorePortsError` when there is no session and none can be had; never resolves. */
  readonly failed: Promise<never>;
  private readonly limits: PoolLimits;
  private readonly size: number;
  private readonly sessions = new Set<PooledSession>();
  private readonly closings = new Set<Promise<void>>();
  private readonly opener: Opener;
  private readonly waiters: Waiters;
  private readonly trouble: Trouble;
  private readonly ending = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  /** Before the first session no error is tried again. */
  private hasBegun = false;
  private lastError: Error | undefined;
  /** No more can be opened. */
  private final: NoMorePortsError | undefined;
  private fail: (error: Error) => void = () => undefined;
  private begin: () => void = () => undefined;

  private constructor(private readonly options: PortPoolOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.size = Math.max(1, options.size ?? 1);
    this.waiters = new Waiters(this.limits.waitMs);
    this.trouble = new Trouble((event) => options.onTrouble?.(event));
    this.opener = new Opener({
      open: () => this.openOne(),
      isMissed: (opening) => this.final === undefined && this.plan(opening).toOpen > 0,
      onFailure: (error) => this.isWorthAnother(error),
      onSettled: this.update,
      signal: this.ending.signal,
    });
    this.failed = new Promise((_resolve, reject) => (this.fail = reject));
    this.failed.catch(() => undefined); // whoever awaits it sees it
  }

  /**
   * Waits for the first session, and a little for the others.
   * @throws what `open` threw first, when it has not succeeded once; the signal's reason when it aborts
   */
  static async open(options: PortPoolOptions): Promise<PortPool> {
    const { signal } = options;
    signal?.throwIfAborted();
    const pool = new PortPool(options);
    const abort = (): void => {
      pool.ending.abort();
    };
    signal?.addEventListener('abort', abort, { once: true });
    const begun = new Promise<void>((resolve) => (pool.begin = resolve));
    const openings = Promise.all(Array.from({ length: pool.size }, () => pool.opener.start()));
    await Promise.race([begun, openings]);
    if (pool.hasBegun) await settlesWithin(openings, pool.limits.gatherMs);
    signal?.removeEventListener('abort', abort);
    if (pool.hasBegun && !pool.isOver()) return pool;
    await pool[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    throw pool.lastError ?? new UserError('No session could be opened');
  }

  /** How many connections are open. */
  get connections(): number {
    return [...this.sessions].reduce((sum, { connections }) => sum + connections, 0);
  }

  /**
   * A connection to the destination, as `PortSession.connect`; waits while there is no session for it.
   * @throws UserError when there is none for two minutes; NoMorePortsError when there will be none
   */
  connect(): Promise<Duplex> {
    const connection = this.waiters.join();
    this.update();
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    clearTimeout(this.timer);
    this.waiters.turnAway(new UserError('The port was closed'));
    for (const session of this.sessions) this.close(session);
    await this.opener.settled();
    await Promise.all(this.closings);
  }

  /** Does what is to be done now, and looks again when something is due. */
  private readonly update = (): void => {
    if (this.isOver()) {
      this.waiters.turnAway(new UserError('The port was closed'));
      return;
    }
    const { usable, toDrain, toOpen, isComplete, nextAt } = this.plan();
    for (const session of toDrain) session.isDraining = true;
    for (const session of this.sessions) if (session.isDraining && session.load === 0) this.close(session);
    if (this.hasBegun && this.final === undefined) {
      for (let count = 0; count < toOpen; count += 1) void this.opener.start();
    }
    if (isComplete) this.trouble.over();
    this.waiters.serve(usable, this.update, this.lastError);
    if (this.final !== undefined && !this.hasSessions()) {
      this.fail(this.final);
      this.waiters.turnAway(this.final);
    }
    this.lookAt(Math.min(nextAt, this.waiters.deadline));
  };

  private plan(opening = this.opener.count): Plan<PooledSession> {
    return plan([...this.sessions], { size: this.size, opening }, Date.now());
  }

  private lookAt(moment: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.update, Math.min(Math.max(moment - Date.now(), 1), LOOK_MS));
  }

  private async openOne(): Promise<void> {
    const session = await PooledSession.open({
      open: this.options.open,
      limits: this.limits,
      onChange: this.update,
      signal: this.ending.signal,
    });
    this.sessions.add(session);
    void session.ended.then((loss) => {
      this.lose(session, loss);
    });
    this.lastError = undefined;
    this.hasBegun = true;
    this.begin();
    if (this.isOver()) this.close(session);
  }

  private isWorthAnother(reason: Error): boolean {
    const error = this.explain(reason);
    if (!this.hasBegun) {
      this.lastError ??= error;
      return false;
    }
    this.lastError = error;
    if (error instanceof NoMorePortsError) this.final = error;
    // Of the end `failed` tells.
    if (this.final === undefined || this.hasSessions()) this.trouble.failed(error);
    return true;
  }

  /** It has ended without us. */
  private lose(session: PooledSession, { error: reason, connections }: Loss): void {
    if (!this.sessions.has(session)) return;
    this.close(session);
    if (!session.isDraining) this.opener.lost(session.openedAt);
    const error = reason === undefined ? undefined : this.explain(reason);
    if (error instanceof NoMorePortsError) this.final = error;
    else if (!session.isDraining || connections > 0) this.trouble.lost(error, connections);
    this.update();
  }

  private explain(error: Error): Error {
    return this.options.explain?.(error) ?? error;
  }

  private close(session: PooledSession): void {
    this.sessions.delete(session);
    const closing = session[Symbol.asyncDispose]().finally(() => this.closings.delete(closing));
    this.closings.add(closing);
  }

  /** Whether there are any for new connections, now or when they are back. */
  private hasSessions(): boolean {
    return [...this.sessions].some(({ isDraining }) => !isDraining);
  }

  private isOver(): boolean {
    return this.ending.signal.aborted;
  }
}
