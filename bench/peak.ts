import { readFileSync } from 'node:fs';

const INTERVAL_MS = 100;

/** Watches the peak memory of a process, which Linux forgets with it. */
export function peakOf(pid: number): Disposable & { megabytes(): number } {
  let peakKb = 0;
  const look = (): void => {
    try {
      peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? peakKb);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, INTERVAL_MS);
  look();
  return {
    megabytes: () => peakKb / 1000,
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}
