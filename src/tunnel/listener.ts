import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isErrno, UserError } from '../errors';
import { listenOnSocket } from './unix-socket';

export interface ListenerOptions {
  /** The port on 127.0.0.1; 0 is any free one. */
  readonly port: number;
  /** A unix socket instead; `port` is then but a number. */
  readonly path?: string | undefined;
  /** When the port is not to be had. @default another */
  readonly ifTaken?: 'another' | 'fail';
  /** The other end of a connection; when it fails the socket is reset. */
  readonly connect: () => Promise<Duplex>;
  /** A socket was accepted. */
  readonly onConnection?: () => void;
  /** A connection has failed, with its reason. */
  readonly onFailure?: (error: Error) => void;
}

/** The port is taken, or one that only the system may listen on. */
export class PortNotFreeError extends UserError {
  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super(`Port ${port} of this machine is not free`, 'Name another port, or 0 to have one chosen', { cause });
  }
}

const HOST = '127.0.0.1';

/** Accepts connections on 127.0.0.1, or on a unix socket, and joins each to one from `connect`. Disposal resets those that are left. */
export class Listener implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private readonly remotes = new Set<Duplex>();

  private constructor(
    private readonly server: Server,
    private readonly options: ListenerOptions,
  ) {
    server.on('connection', (socket: Socket) => void this.accept(socket));
  }

  /** @throws PortNotFreeError, SocketNotFreeError */
  static async open(options: ListenerOptions): Promise<Listener> {
    const { port, path, ifTaken = 'another' } = options;
    // Nothing is read before there is somebody to take it, and the end of one direction is not that of the other.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    try {
      await (path === undefined ? listen(server, port) : listenOnSocket(server, path));
    } catch (error) {
      if (path !== undefined || !isErrno(error, 'EADDRINUSE', 'EACCES')) throw error;
      if (ifTaken === 'fail') throw new PortNotFreeError(port, error);
      await listen(server, 0);
    }
    return new Listener(server, options);
  }

  get port(): number {
    const { port, path } = this.options;
    return path === undefined ? (this.server.address() as AddressInfo).port : port;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) reset(socket);
    for (const remote of this.remotes) remote.destroy();
    await closed;
  }

  private async accept(socket: Socket): Promise<void> {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined); // 'close' follows
    this.options.onConnection?.();
    try {
      const remote = await this.options.connect();
      this.remotes.add(remote);
      remote.once('close', () => this.remotes.delete(remote));
      join(socket, remote, (error) => this.options.onFailure?.(error));
    } catch (error) {
      reset(socket);
      this.options.onFailure?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  await once(server, 'listening');
}

/** Not an end: whoever reads must not take half an answer for the whole. */
function reset(socket: Socket): void {
  // While its FIN is on its way libuv refuses a reset, and Node would neither close the socket then nor ever exit. All
  // that was said is with the kernel by then.
  const isShuttingDown = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  const isUnix = socket.localAddress === undefined; // which knows no reset
  if (isShuttingDown || isUnix) socket.destroy();
  else socket.resetAndDestroy();
}

/** Bytes both ways with back-pressure, and each direction's end by itself; a failure on one side ends the other. */
function join(socket: Socket, remote: Duplex, onFailure: (error: Error) => void): void {
  remote.on('error', onFailure);
  remote.once('close', () => {
    if (!remote.readableEnded) reset(socket);
    else if (remote.errored !== null) socket.destroySoon(); // what was said before still gets there
  });
  socket.once('close', (hasFailed: boolean) => {
    // Both ends were said: what the remote side has still to send goes on its way.
    const isComplete = socket.readableEnded && socket.writableFinished && !hasFailed;
    if (!isComplete) remote.destroy();
  });
  if (socket.destroyed) {
    remote.destroy();
    return;
  }
  socket.pipe(remote).pipe(socket);
}
