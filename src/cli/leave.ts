import { terminateSession } from '../aws/execute';
import type { SessionTicket } from '../session/session';

/** Ends the remote side at disposal, unless it has ended by itself. */
export function leaveCleanly(
  { sessionId }: SessionTicket,
  ssm: () => Parameters<typeof terminateSession>[0],
): AsyncDisposable & { hasEnded(): void } {
  let ended = false;
  return {
    hasEnded: () => (ended = true),
    [Symbol.asyncDispose]: async () => {
      if (!ended) await terminateSession(ssm(), sessionId);
    },
  };
}
