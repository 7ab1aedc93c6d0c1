import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../errors';

const SWEEP_TIMEOUT_MS = 10_000;
const GRACE_MS = 2_000;

/**
 * Ends every process whose environment holds `text`: a container's end takes all of its processes along, and so does
 * the end of an instance, also of those that have left their group or ignore signals.
 */
export async function sweep(text: string): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const pids = processesWith(text);
    if (pids.length === 0) return;
    if (Date.now() - startedAt > SWEEP_TIMEOUT_MS) throw new Error(`processes ${pids.join(', ')} do not end`);
    // PostgreSQL frees its shared memory on SIGQUIT, its fastest orderly end.
    for (const pid of pids) kill(pid, Date.now() - startedAt < GRACE_MS && isPostgres(pid) ? 'SIGQUIT' : 'SIGKILL');
    await sleep(20);
  }
}

/** Sends a signal to a process or, with a negative id, to a group; one that has ended is fine. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** Whether there is a process of that number, whoever's it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, 'ESRCH');
  }
}

export function processesWith(text: string): number[] {
  return existsSync('/proc/self/environ') ? fromProc(text) : fromPs(text);
}

function fromProc(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        // A process that has ended and waits for its parent has an empty environment.
        return readFileSync(`/proc/${name}/environ`, 'latin1').includes(text);
      } catch (error) {
        if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'ESRCH')) return false;
        throw error;
      }
    })
    .map(Number);
}

/** Without /proc, as on macOS: `ps` shows the environment of one's own processes. */
function fromPs(text: string): number[] {
  return execFileSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid !== process.pid);
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('postgres');
  } catch {
    return false; // ended, or no /proc: then it is killed at once
  }
}
