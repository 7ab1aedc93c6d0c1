import type { Duplex } from 'node:stream';
import { UserError } from '../errors';
import type { PooledSession } from './pooled-session';

interface Waiter {
  /** In ms since 1970. */
  readonly deadline: number;
  readonly resolve: (connection: Duplex) => void;
  readonly reject: (error: unknown) => void;
}

/** Those who want a connection, in the order in which they came. */
export class Waiters {
  private list: Waiter[] = [];

  constructor(private readonly waitMs: number) {}

  /** When somebody has waited for long enough, in ms since 1970; Infinity: nobody waits. */
  get deadline(): number {
    return Math.min(...this.list.map(({ deadline }) => deadline));
  }

  join(): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.list.push({ deadline: Date.now() + this.waitMs, resolve, reject });
    });
  }

  /**
   * Connects as many as there are sessions for; who has waited for too long goes without.
   * @param onReturn somebody waits again, because the session has ended meanwhile
   */
  serve(usable: readonly PooledSession[], onReturn: () => void, lastError: Error | undefined): void {
    const now = Date.now();
    for (const waiter of this.list.splice(0)) {
      const session = best(usable);
      if (session !== undefined) this.connect(session, waiter, onReturn);
      else if (now >= waiter.deadline) waiter.reject(this.lateError(usable.length > 0, lastError));
      else this.list.push(waiter);
    }
  }

  turnAway(reason: Error): void {
    for (const { reject } of this.list.splice(0)) reject(reason);
  }

  private connect(session: PooledSession, waiter: Waiter, onReturn: () => void): void {
    session.connect().then(waiter.resolve, (error: unknown) => {
      if (!session.hasEnded) {
        waiter.reject(error);
        return;
      }
      this.list.unshift(waiter);
      onReturn();
    });
  }

  private lateError(isBusy: boolean, cause: Error | undefined): UserError {
    const seconds = Math.round(this.waitMs / 1000);
    if (isBusy) return new UserError(`The agent takes one connection at a time, and was busy for ${seconds} s`);
    const reason = cause === undefined ? '' : `: ${cause.message}`;
    return new UserError(`There was no session for a connection for ${seconds} s${reason}`, 'Try again', { cause });
  }
}

/** The one with the fewest connections, rather one that has its own to the service. */
function best(usable: readonly PooledSession[]): PooledSession | undefined {
  return usable
    .filter(({ isBusy }) => !isBusy)
    .toSorted((one, other) => Number(other.isLinked) - Number(one.isLinked) || one.load - other.load)[0];
}
