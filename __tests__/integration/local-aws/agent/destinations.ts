import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** TCP servers on loopback, for Port sessions to lead to. */
export class Destinations implements Disposable {
  private readonly servers: Server[] = [];

  /** @returns the port */
  async listen(serve: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    });
    this.servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Says again what it is told. @returns the port */
  echo(): Promise<number> {
    return this.listen((socket) => socket.pipe(socket));
  }

  /** @returns a port where nobody listens */
  async closed(): Promise<number> {
    const port = await this.echo();
    const server = this.servers.pop();
    if (server !== undefined) await once(server.close(), 'close');
    return port;
  }

  /** They take no more connections; those that there are stay. */
  [Symbol.dispose](): void {
    for (const server of this.servers.splice(0)) server.close();
  }
}

/** What StartSession asks for. @param host @default the container itself */
export const forwarding = (port: number, host?: string) => ({
  sessionType: 'Port' as const,
  parameters: {
    portNumber: String(port),
    localPortNumber: '0',
    type: 'LocalPortForwarding',
    ...(host === undefined ? {} : { host }),
  },
});
