import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sweep } from './processes';

/**
 * A process that outlives its starter by a moment: when the pipe between them breaks, however the starter ended, it
 * ends every process that carries the instance's mark.
 */
export function startWatchdog(mark: string): AsyncDisposable {
  const child = spawn(process.execPath, ['--import', require.resolve('tsx'), __filename, mark], {
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

async function watch(mark: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await sweep(mark);
}

if (require.main === module) void watch(process.argv[2] ?? '');
