import { readFileSync } from 'node:fs';

/** The most memory that a process has had at once so far, in KB; 0 when it has gone, since Linux forgets it with the process. */
export function peakKb(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
