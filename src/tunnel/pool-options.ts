import { UserError } from '../errors';
import type { PortSession } from './port-session';

/** A session that has just been opened. */
export interface PooledTicket {
  readonly session: PortSession;
  /** When the credentials end that it was opened with, in ms since 1970; undefined: never, or not known. */
  readonly credentialsEnd?: number | undefined;
}

/** There are no more sessions to be had, now or later. */
export class NoMorePortsError extends UserError {}

/** What the user is to know. Connections that are replaced in time are not told of. */
export type PoolEvent =
  /** A session has gone, and so many open connections with it; undefined: it was ended from outside. */
  | { readonly kind: 'lost'; readonly error: Error | undefined; readonly connections: number }
  /** None could be opened; it is tried again, unless it is a `NoMorePortsError`. */
  | { readonly kind: 'failed'; readonly error: Error }
  /** All are there again. */
  | { readonly kind: 'back' };

export interface PortPoolOptions {
  /**
   * Opens one more session, until `signal` aborts. A `NoMorePortsError` is final; after any other error it is asked
   * again, with pauses that grow from 0.1 s to 5 s.
   * @param onConnection as `SessionOptions.onConnection`
   */
  readonly open: (onConnection: (lost: string | undefined) => void, signal: AbortSignal) => Promise<PooledTicket>;
  /** What it means that a session could not be opened, or has ended so; a `NoMorePortsError` is final here too. */
  readonly explain?: (error: Error) => Error;
  /** Sessions at once. @default 1 */
  readonly size?: number;
  /** Gives opening up; an open pool ends by disposal. */
  readonly signal?: AbortSignal;
  /** The same failure is told once, however often it is tried. */
  readonly onTrouble?: (event: PoolEvent) => void;
  readonly limits?: Partial<PoolLimits>;
}

/** In ms. */
export interface PoolLimits {
  /** A session is replaced at this age: the service closes a WebSocket at about an hour, and a cut is a risk. */
  readonly ageMs: number;
  /** And so long before the credentials end with which it would be resumed. */
  readonly credentialsLeadMs: number;
  /** One without streams takes no NOP, so the service ends it after 20 idle minutes: it is replaced before. */
  readonly idleMs: number;
  /** How long a connection to the service may be away before others take its place. */
  readonly lostMs: number;
  /** How long a connection waits for a session. */
  readonly waitMs: number;
  /** How long the first session waits for those that are opened with it, which would all get fewer connections. */
  readonly gatherMs: number;
}

export const LIMITS: PoolLimits = {
  ageMs: 50 * 60_000,
  credentialsLeadMs: 2 * 60_000,
  idleMs: 18 * 60_000,
  lostMs: 1_000,
  waitMs: 2 * 60_000,
  gatherMs: 5_000,
};
