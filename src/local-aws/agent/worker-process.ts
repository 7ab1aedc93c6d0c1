import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../../package';
import type { WorkerOrder, WorkerReport } from './order';

const STOP_TIMEOUT_MS = 5000;

export interface WorkerProcess {
  /** Settles when the process has ended, with what it reported; empty when it reported nothing. */
  readonly finished: Promise<WorkerReport>;
  /** Ends the worker and its command. */
  stop(): void;
}

/** Starts a session worker in its container. What is secret goes through the pipe between the two. */
export function startWorker(order: WorkerOrder, workingDirectory: string): WorkerProcess {
  const child = fork(compiled('src/local-aws/agent/worker'), ['ssm-session-worker', order.sessionId], {
    cwd: workingDirectory,
    env: { ...order.environment, NODE_OPTIONS: undefined },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let report: WorkerReport = { output: '' };
  child.once('message', (message: WorkerReport) => (report = message));
  const finished = once(child, 'exit').then(
    () => report,
    (error: unknown) => ({ output: `Unable to start the session worker: ${String(error)}` }),
  );
  // A child that has not started or has ended at once takes no order; `finished` tells.
  child.send(order, () => undefined);
  const kill = (signal: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  return {
    finished,
    stop: () => {
      kill('SIGTERM');
      setTimeout(kill, STOP_TIMEOUT_MS, 'SIGKILL').unref();
    },
  };
}
