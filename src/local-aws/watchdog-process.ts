import { once } from 'node:events';
import { removeFolder } from './folder';
import { sweep } from './processes';

/** The process that `startWatchdog` starts. */
async function watch(mark: string, directory: string | undefined): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await sweep(mark);
  if (directory !== undefined) removeFolder(directory);
}

void watch(process.argv[2] ?? '', process.argv[3]);
