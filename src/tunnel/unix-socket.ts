import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { isErrno, UserError } from '../errors';

/** Somebody listens there, or it is something else. */
export class SocketNotFreeError extends UserError {
  constructor(
    readonly path: string,
    why: 'in use' | 'no socket',
  ) {
    super(
      why === 'in use'
        ? `Somebody listens on ${path}, such as another forward`
        : `${path} is there already, and is no socket`,
      'Name another folder, or another number with --port',
    );
  }
}

/** A path is free where nothing is, and where a killed process has left its socket. @throws SocketNotFreeError */
export async function requireFree(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new SocketNotFreeError(path, 'no socket');
  if (await isHeard(path)) throw new SocketNotFreeError(path, 'in use');
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
    await requireFree(path);
    rmSync(path, { force: true });
    await listen(server, path);
  }
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen({ path });
  await once(server, 'listening');
}

/** Whether a process listens; what cannot be told from that, such as a full queue, counts as one. */
async function isHeard(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !isErrno(error, 'ECONNREFUSED', 'ENOENT');
  } finally {
    socket.destroy();
  }
}
