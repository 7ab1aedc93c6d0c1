import type { Session } from '../session/session';
import { settlesWithin } from '../session/settles-within';

/** How long the remote side may take to end when its command has. */
const LAST_END_MS = 2_000;

export interface Leaving extends AsyncDisposable {
  /** There is nothing to end any more. */
  hasEnded(): void;
  /**
   * To be called while the connection is there, when the command has ended. The agent reads nothing while its client is
   * away, not even the end: a session that is left too soon may stay until it has been idle for 20 minutes.
   */
  commandHasEnded(session: Session): Promise<void>;
}

/**
 * Ends the remote side at disposal, unless it has ended by itself.
 * @param terminate asks the service to; it must not fail
 */
export function leaveCleanly(terminate: () => Promise<unknown>): Leaving {
  let ended = false;
  return {
    hasEnded: () => (ended = true),
    commandHasEnded: async (session) => {
      ended = await settlesWithin(session.closed, LAST_END_MS);
    },
    [Symbol.asyncDispose]: async () => {
      if (!ended) await terminate();
    },
  };
}
