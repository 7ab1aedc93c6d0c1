import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Signal } from './signal';

/** Where a session's connections go. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** No address could be connected to; the text is that of Go's `net.Dial` for the first of them. */
export class DialError extends Error {}

/** A TCP connection to the destination, used as the agent uses Go's `net.Conn`: one read and one write at a time. */
export class Connection {
  private over = false;
  private readonly changed = new Signal();

  private constructor(private readonly socket: Socket) {
    socket.on('readable', () => {
      this.changed.give();
    });
    socket.on('error', () => undefined); // 'close' follows
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.over = true;
        this.changed.give();
      });
    }
  }

  /** Tries one address after the other, until the signal aborts. @throws DialError */
  static async dial(addresses: readonly Address[], signal: AbortSignal): Promise<Connection> {
    let first: DialError | undefined;
    for (const { address, port } of addresses) {
      const socket = connect({ host: address, port, allowHalfOpen: true });
      try {
        // Not the socket's own signal: that would be listened to as long as the connection lasts.
        await once(socket, 'connect', { signal });
        return new Connection(socket);
      } catch (error) {
        socket.on('error', () => undefined);
        socket.destroy();
        first ??= new DialError(`dial tcp ${address}:${port}: ${wordsOf(error)}`, { cause: error });
      }
    }
    // Of a name that is not known, there is no address.
    throw first ?? new DialError('missing address');
  }

  /** As soon as there is something, at most `limit` bytes; undefined at the end, or when the connection has failed. */
  async read(limit: number): Promise<Buffer | undefined> {
    for (;;) {
      // What has come and was not read goes with the connection.
      if (this.socket.destroyed) return undefined;
      const size = Math.min(limit, this.socket.readableLength);
      // Without a size it is asked for the end.
      const bytes = (size > 0 ? this.socket.read(size) : this.socket.read()) as Buffer | null;
      if (bytes !== null) return bytes;
      if (this.over) return undefined;
      await this.changed.wait();
    }
  }

  /** Settles when the kernel has taken the bytes, or with false when the connection is gone. */
  write(bytes: Buffer): Promise<boolean> {
    if (this.socket.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.socket.write(bytes, (error) => {
        resolve(error === undefined || error === null);
      });
    });
  }

  /** Both directions at once. */
  close(): void {
    this.socket.destroy();
  }
}

function wordsOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    ETIMEDOUT: 'connect: connection timed out',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
  };
  return words[code] ?? String(error);
}
