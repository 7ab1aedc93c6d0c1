import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the end of something, good or bad, but no longer than `ms`. @returns whether it has ended */
export async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const giveUp = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, sleep(ms, false, { signal: giveUp.signal }).catch(() => false)]);
  } finally {
    giveUp.abort();
  }
}
