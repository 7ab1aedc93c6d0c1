import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import type { PortSession } from './port-session';

/** A session that has just been opened. */
export interface PooledTicket {
  readonly session: PortSession;
  /** When the credentials end with which a cut would be mended, in ms since 1970; undefined: never, or not known. */
  readonly credentialsEnd?: number | undefined;
}

/** There are no more sessions to be had, now or later. */
export class NoMorePortsError extends UserError {}

export type PoolEvent =
  | { readonly kind: 'lost'; readonly error: Error | undefined; readonly connections: number }
  /** None could be opened in its place; it is tried on. */
  | { readonly kind: 'failed'; readonly error: Error }
  /** One is there again. */
  | { readonly kind: 'back' };

/** In ms. */
export interface PoolLimits {
  /** A WebSocket of the service lives for about an hour, and not each can be resumed. */
  readonly age: number;
  /** A session of an agent without smux cannot be kept from its idle limit of 20 minutes. */
  readonly ageWithoutStreams: number;
  /** So long before the credentials end. */
  readonly credentialsLead: number;
  /** How long a lost connection may be away before new connections go elsewhere. */
  readonly lost: number;
  /** How long a connection waits for a session. */
  readonly wait: number;
}

const LIMITS: PoolLimits = {
  age: 50 * 60_000,
  ageWithoutStreams: 18 * 60_000,
  credentialsLead: 2 * 60_000,
  lost: 1_000,
  wait: 2 * 60_000,
};
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface PortPoolOptions {
  /**
   * Opens one more session. A `NoMorePortsError` is the end; after any other it is asked again, with growing pauses.
   * @param onConnection as `SessionOptions.onConnection`
   */
  readonly open: (onConnection: (lost: string | undefined) => void, signal: AbortSignal) => Promise<PooledTicket>;
  /** Sessions at once. @default 1 */
  readonly size?: number;
  readonly onTrouble?: (event: PoolEvent) => void;
  readonly limits?: Partial<PoolLimits>;
}

interface Member {
  readonly session: PortSession;
  /** Whether new connections go there; else it is closed with its last one. */
  isUsed: boolean;
  connections: number;
  ageing: NodeJS.Timeout | undefined;
}

/**
 * Sessions to one destination, of which none has to last: each is replaced before the service ends it and after it was
 * lost. New connections go to the one with the fewest; those of a replaced one go on there until they end.
 */
export class PortPool implements AsyncDisposable {
  /** Rejects with a `NoMorePortsError` when there is no way back; never settles otherwise. */
  readonly failed: Promise<never>;
  private readonly limits: PoolLimits;
  private readonly members = new Set<Member>();
  private readonly openings = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private waiting: (() => void)[] = [];
  private failure: Error | undefined;
  private reject: (error: Error) => void = () => undefined;
  /** What was told last; empty: all is well. */
  private trouble = '';

  private constructor(private readonly options: PortPoolOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.failed = new Promise((_resolve, reject) => (this.reject = reject));
    this.failed.catch(() => undefined); // whoever awaits it sees it
  }

  /** Waits for the first session. @throws what `open` throws */
  static async open(options: PortPoolOptions): Promise<PortPool> {
    const pool = new PortPool(options);
    try {
      await pool.openOne();
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
    pool.fill();
    return pool;
  }

  /** How many connections are open. */
  get connections(): number {
    return [...this.members].reduce((sum, { connections }) => sum + connections, 0);
  }

  /**
   * A connection to the destination, as `PortSession.connect`; waits while there is no session.
   * @throws UserError when there is none for too long
   */
  async connect(): Promise<Duplex> {
    const deadline = Date.now() + this.limits.wait;
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const member = this.best();
      if (member === undefined) {
        if (!(await this.change(deadline))) throw new UserError('There is no session for a connection', 'Try again');
        continue;
      }
      member.connections += 1;
      try {
        const connection = await member.session.connect();
        connection.once('close', () => {
          this.release(member);
        });
        return connection;
      } catch (error) {
        this.release(member);
        if (!member.isUsed) continue; // it has just ended
        throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end(new UserError('The port was closed'));
    await Promise.allSettled(this.openings);
    await Promise.all([...this.members].map((member) => this.drop(member)));
  }

  private best(): Member | undefined {
    const used = [...this.members].filter(({ isUsed }) => isUsed);
    return used.toSorted((one, other) => one.connections - other.connections)[0];
  }

  /** Opens as many as are missing. */
  private fill(): void {
    const used = [...this.members].filter(({ isUsed }) => isUsed).length;
    for (let open = used + this.openings.size; open < (this.options.size ?? 1); open += 1) void this.another();
  }

  /** Opens one in the background, as often as it takes. */
  private another(): Promise<void> {
    const opening = this.insist().finally(() => this.openings.delete(opening));
    this.openings.add(opening);
    return opening;
  }

  private async insist(): Promise<void> {
    const { signal } = this.ending;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        await this.openOne();
        return;
      } catch (error) {
        if (this.isOver()) return;
        if (error instanceof NoMorePortsError) {
          this.end(error);
          return;
        }
        this.tell({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async openOne(): Promise<void> {
    let hear: (lost: string | undefined) => void = () => undefined;
    const { session, credentialsEnd } = await this.options.open((lost) => {
      hear(lost);
    }, this.ending.signal);
    const member: Member = { session, isUsed: true, connections: 0, ageing: undefined };
    this.members.add(member);
    if (this.isOver()) {
      await this.drop(member);
      return;
    }
    hear = this.watchConnection(member);
    member.ageing = setTimeout(
      () => {
        void this.another().then(() => {
          this.retire(member);
          this.fill();
        });
      },
      this.lifeOf(session, credentialsEnd),
    );
    const ended = (error?: unknown): void => {
      this.lose(member, error instanceof Error ? error : undefined);
    };
    session.closed.then(() => {
      ended();
    }, ended);
    if (this.trouble !== '') this.tell({ kind: 'back' });
    this.wake();
    this.trim(member);
  }

  /** One that was given up may have come back before the new one was there. */
  private trim(newest: Member): void {
    const used = [...this.members].filter(({ isUsed }) => isUsed);
    const spare = used.filter((one) => one !== newest && one.connections === 0);
    for (const one of spare.slice(0, Math.max(0, used.length - (this.options.size ?? 1)))) this.retire(one);
  }

  private lifeOf({ hasStreams }: PortSession, credentialsEnd: number | undefined): number {
    const { age, ageWithoutStreams, credentialsLead } = this.limits;
    const life = hasStreams ? age : Math.min(age, ageWithoutStreams);
    const left = (credentialsEnd ?? Infinity) - Date.now() - credentialsLead;
    // When they are not renewed, another session would gain nothing.
    return left > 0 ? Math.min(life, left) : life;
  }

  /** A connection may come back; until it does, new ones need another session. */
  private watchConnection(member: Member): (lost: string | undefined) => void {
    let timer: NodeJS.Timeout | undefined;
    return (lost) => {
      clearTimeout(timer);
      if (!this.members.has(member)) return;
      if (lost === undefined) {
        const isMissed = this.best() === undefined;
        member.isUsed ||= isMissed;
        if (isMissed) this.wake();
        this.release(member, 0);
        return;
      }
      timer = setTimeout(() => {
        this.retire(member, false);
        this.fill();
      }, this.limits.lost).unref();
    };
  }

  /** New connections go elsewhere. @param isToClose whether it is of no more use; else it may come back */
  private retire(member: Member, isToClose = true): void {
    member.isUsed = false;
    if (isToClose) this.release(member, 0);
  }

  /** Some of its connections have ended; one that is of no more use ends with its last. */
  private release(member: Member, count = 1): void {
    member.connections -= count;
    if (member.connections === 0 && !member.isUsed) void this.drop(member);
  }

  private lose(member: Member, error: Error | undefined): void {
    if (!this.members.delete(member)) return; // we have closed it
    clearTimeout(member.ageing);
    const wasNeeded = member.isUsed || member.connections > 0;
    member.isUsed = false;
    if (wasNeeded) this.tell({ kind: 'lost', error, connections: member.connections });
    if (!this.isOver()) this.fill();
  }

  private async drop(member: Member): Promise<void> {
    this.members.delete(member);
    clearTimeout(member.ageing);
    await member.session[Symbol.asyncDispose]();
  }

  /** The same is told once, however often it is tried. */
  private tell(event: PoolEvent): void {
    const trouble = event.kind === 'back' ? '' : `${event.kind} ${event.error?.message ?? ''}`;
    if (event.kind === 'failed' && trouble === this.trouble) return;
    this.trouble = trouble;
    this.options.onTrouble?.(event);
  }

  private isOver(): boolean {
    return this.ending.signal.aborted;
  }

  private end(error: Error): void {
    if (this.isOver()) return;
    this.failure = error;
    this.ending.abort(error);
    if (error instanceof NoMorePortsError) this.reject(error);
    this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Waits until something has changed. @returns false when it is too late */
  private async change(deadline: number): Promise<boolean> {
    const changed = new Promise<boolean>((resolve) =>
      this.waiting.push(() => {
        resolve(true);
      }),
    );
    const late = new AbortController();
    const inTime = await Promise.race([
      changed,
      sleep(Math.max(0, deadline - Date.now()), false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    return inTime;
  }
}
