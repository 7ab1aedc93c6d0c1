import type { Stats } from 'node:fs';

/** Permissions; who runs a program is not the same on both sides, so the bits that change that are left behind. */
export const MODE_BITS = 0o777;
/** Of a file that is not whole, and of one that the user has not said more about: what it holds is the owner's. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** The bits that the user's umask leaves of a mode that came from elsewhere. */
export function lessUmask(mode: number): number {
  // It is told only to who sets another; until then the strictest holds.
  const mask = process.umask(0o077);
  process.umask(mask);
  return mode & MODE_BITS & ~mask;
}

/** What a file in the place of another gets: private ones stay private. */
export function modeOf({ mode }: Pick<Stats, 'mode'>): number {
  return mode & MODE_BITS;
}
