import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { removeFolder } from './folder';
import { sweep } from './processes';

/**
 * A process that outlives its starter by a moment: when the pipe between them breaks, however the starter ended, it
 * ends every process that carries the instance's mark, and deletes `directory` if one is given.
 */
export function startWatchdog(mark: string, directory: string | undefined): AsyncDisposable {
  const child = spawn(
    process.execPath,
    ['--import', require.resolve('tsx'), __filename, mark, ...(directory === undefined ? [] : [directory])],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Its own session: a Ctrl-C at the terminal or the end of a process group must not reach it.
      detached: true,
    },
  );
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

async function watch(mark: string, directory: string | undefined): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await sweep(mark);
  if (directory !== undefined) removeFolder(directory);
}

if (require.main === module) void watch(process.argv[2] ?? '', process.argv[3]);
