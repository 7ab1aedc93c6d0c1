import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { isErrno, UserError } from '../errors';

/** Somebody listens there, or it is something else. */
export class SocketNotFreeError extends UserError {
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(`${path} is in use`, 'Name another folder, or another number with --port', { cause });
  }
}

/**
 * Listens on a unix socket. One that a killed process has left is replaced; a server removes its own as it closes.
 * @throws SocketNotFreeError
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    if (!isErrno(error, 'EADDRINUSE')) throw error;
    if (!(await isAbandoned(path))) throw new SocketNotFreeError(path, error);
    rmSync(path);
    await listen(server, path);
  }
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen({ path });
  await once(server, 'listening');
}

async function isAbandoned(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return isErrno(error, 'ECONNREFUSED');
  } finally {
    socket.destroy();
  }
}
