import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, UserError } from '../errors';
import { isRunning } from './processes';

/** Lies in the folder as long as `up` runs. */
export const START_LOCK = 'starting';

/** Another `up` runs: who cleaned up before a start of their own would end its server. */
export class StartUnderWayError extends UserError {
  constructor(pid: number) {
    super(
      `The local AWS is being started by another command (process ${pid})`,
      'Wait for it, or end it with: npm run local -- down',
    );
  }
}

/**
 * Keeps all others from starting an instance in the folder until it is disposed of. The lock is a link that leads to the
 * number of its process: unlike a file, it is never there without what it says.
 * @throws StartUnderWayError
 */
export function lockStart(folder: string): Disposable {
  const lock = join(folder, START_LOCK);
  while (!isMade(lock)) takeAway(lock);
  return {
    [Symbol.dispose]: () => {
      if (holderOf(lock) === process.pid) rmSync(lock, { force: true });
    },
  };
}

function isMade(lock: string): boolean {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Removes the lock of a process that was killed. */
function takeAway(lock: string): void {
  const holder = holderOf(lock);
  if (holder === undefined) return;
  if (holder !== process.pid && isRunning(holder)) throw new StartUnderWayError(holder);
  const taken = `${lock}.${process.pid}`;
  try {
    renameSync(lock, taken);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  const had = holderOf(taken);
  rmSync(taken, { force: true });
  if (had === holder || had === undefined) return;
  // Somebody was faster, and has put theirs there in between.
  symlinkSync(String(had), lock);
}

function holderOf(lock: string): number | undefined {
  try {
    return Number(readlinkSync(lock));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
