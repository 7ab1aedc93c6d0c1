import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../src/package';
import { own } from './children';

/** A server on loopback in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
}

/** Starts one of the bench's programs (`bench/agent/main`), which tells its port as its first message. */
export async function startServer(program: string): Promise<ServerProcess> {
  const child = fork(compiled(program));
  const owned = own(child);
  const [port] = (await Promise.race([once(child, 'message'), owned.exited])) as [number];
  return { port, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}
