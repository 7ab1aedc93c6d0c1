import { setTimeout as sleep } from 'node:timers/promises';

/** Most agents are connected within two seconds, and somebody waits for the prompt. */
const FIRST_PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Tries until it works, with growing pauses.
 * @param patienceWith for how long to try again after such an error, in ms since the first attempt; 0 is not at all
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  patienceWith: (error: unknown) => number,
  signal: AbortSignal,
): Promise<T> {
  const startedAt = Date.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.1, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() + pause - startedAt > patienceWith(error)) throw error;
      await sleep(pause, undefined, { signal });
    }
  }
}
