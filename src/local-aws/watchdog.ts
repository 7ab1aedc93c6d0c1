import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../package';

/**
 * A process that outlives its starter by a moment: when the pipe between them breaks, however the starter ended, it
 * ends every process that carries the instance's mark, and deletes `directory` if one is given.
 */
export function startWatchdog(mark: string, directory: string | undefined): AsyncDisposable {
  const argv = [compiled('src/local-aws/watchdog-process'), mark, ...(directory === undefined ? [] : [directory])];
  const child = spawn(process.execPath, argv, {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own session: a Ctrl-C at the terminal or the end of a process group must not reach it.
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  return {
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
