import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { own } from './children';

/** A server on loopback in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
}

/** Starts one of the bench's scripts, which tells its port as its first message. */
export async function startServer(script: string): Promise<ServerProcess> {
  const child = fork(join(__dirname, script), [], { execArgv: ['--import', require.resolve('tsx')] });
  const owned = own(child);
  const [port] = (await Promise.race([once(child, 'message'), owned.exited])) as [number];
  return { port, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}
