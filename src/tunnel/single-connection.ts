import { Duplex } from 'node:stream';
import { SessionLostError } from '../session/session';
import { PortFlag } from '../session/payload';
import type { ByteLink } from './smux/options';

/** A port session as far as one connection needs it. */
export interface SingleLink extends ByteLink {
  /** Settles when the agent has it. */
  sendFlag(flag: number): Promise<unknown>;
}

/**
 * One connection after the other over a session without frames, for agents without smux (amazon-ssm-agent
 * `agent/session/plugins/port/port_basic.go`). The agent connects by itself when the session begins, and again at the
 * first bytes after the flag DisconnectToPort; it does not tell when the destination closes.
 */
export class SingleConnection {
  /** Settles when the next connection may begin. */
  private turn: Promise<void> = Promise.resolve();
  private current: OneConnection | undefined;
  private reason: Error | undefined;

  constructor(
    private readonly link: SingleLink,
    private readonly quietMs: number,
  ) {
    // What comes between two connections belongs to the one before.
    link.output.on('data', (data: Buffer) => {
      if (this.current?.receive(data) === false) link.output.pause();
    });
    link.output.once('end', () => this.current?.push(null));
    link.output.pause(); // what comes before the first connection belongs to that
  }

  async connect(): Promise<Duplex> {
    const before = this.turn;
    let end: () => void = () => undefined;
    this.turn = new Promise((resolve) => (end = resolve));
    await before;
    if (this.reason !== undefined) {
      end();
      throw this.reason;
    }
    const isFirst = this.current === undefined;
    const connection = new OneConnection(this.link, this.quietMs, isFirst);
    connection.once('close', () => {
      this.link.output.resume();
      void connection.disconnected.then(end);
    });
    this.current = connection;
    return connection;
  }

  /** @param reason undefined: the agent has ended the session, as it does for a single stream that has said all */
  close(reason?: Error): void {
    this.reason ??= reason ?? new SessionLostError('it has ended', '');
    if (reason !== undefined) this.current?.destroy(reason);
  }
}

class OneConnection extends Duplex {
  /** Settles when the agent has been told that it is over. */
  disconnected: Promise<void> = Promise.resolve();
  private quiet: NodeJS.Timeout | undefined;
  private isDisconnected = false;

  constructor(
    private readonly link: SingleLink,
    private readonly quietMs: number,
    /** Whether the agent's connection is there, or is made for what is sent first. */
    private isConnected: boolean,
  ) {
    super();
  }

  /** @returns false when there should come no more for now */
  receive(data: Buffer): boolean {
    if (!this.isConnected || this.destroyed || this.isDisconnected) return true; // of the connection before
    this.quiet?.refresh();
    return this.push(data);
  }

  override _read(): void {
    this.link.output.resume();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.isConnected = true;
    this.link.input.write(data, () => {
      done();
    });
  }

  override _final(done: () => void): void {
    this.quiet = setTimeout(() => {
      this.disconnect();
      this.push(null);
      done();
    }, this.quietMs);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.quiet);
    this.disconnect();
    done(error);
  }

  private disconnect(): void {
    if (this.isDisconnected) return;
    this.isDisconnected = true;
    this.disconnected = new Promise<void>((resolve) => {
      // Behind what has been written.
      this.link.input.write(Buffer.alloc(0), () => {
        resolve();
      });
    }).then(async () => {
      await this.link.sendFlag(PortFlag.DisconnectToPort);
    });
  }
}
