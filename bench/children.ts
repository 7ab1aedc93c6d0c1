import type { ChildProcess } from 'node:child_process';
import { kill } from '../src/local-aws/processes';

/** A process of ours; disposal ends it. */
export interface Owned extends AsyncDisposable {
  readonly pid: number;
  /** Rejects when the process has ended, which nobody waits for in vain then. */
  readonly exited: Promise<never>;
}

const living = new Set<number>();

/** Takes over a process that was started just now. */
export function own(child: ChildProcess): Owned {
  return ownPid(child.pid, (ended) => {
    child.once('exit', ended);
    child.once('error', ended);
  });
}

/** As `own`, for a process that is no `ChildProcess`. */
export function ownPid(pid: number | undefined, onEnd: (ended: () => void) => void): Owned {
  if (pid === undefined) throw new Error('a process did not start');
  living.add(pid);
  const gone = new Promise<void>((resolve) => {
    onEnd(resolve);
  }).then(() => void living.delete(pid));
  const exited = gone.then(() => {
    throw new Error(`process ${pid} has ended too early`);
  });
  exited.catch(() => undefined); // most end when they are told to
  return {
    pid,
    exited,
    [Symbol.asyncDispose]: async () => {
      if (living.has(pid)) kill(pid, 'SIGKILL');
      await gone;
    },
  };
}

/** Ends them all at once; whoever waits for one of them hears of it. */
export function endAll(): void {
  for (const pid of living) kill(pid, 'SIGKILL');
}
