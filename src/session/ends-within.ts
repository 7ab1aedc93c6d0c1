import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './session';

/** Waits for the end of a session. What it still says is left unread. @returns whether it has ended within `ms` */
export async function endsWithin(session: Pick<Session, 'closed'>, ms: number): Promise<boolean> {
  const giveUp = new AbortController();
  const ended = session.closed.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, sleep(ms, false, { signal: giveUp.signal }).catch(() => false)]);
  } finally {
    giveUp.abort();
  }
}
