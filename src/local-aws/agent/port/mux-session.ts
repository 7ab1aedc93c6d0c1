import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadType } from '../../../session/message';
import type { ProgramChannel } from '../program';
import type { SessionFaults } from '../faults';
import { type Address, Connection, DialError } from './connection';
import { encodeFlag, Flag, type PortSession } from './port-session';
import { type KeepAlive, SmuxServer } from './smux-server';
import type { SmuxStream } from './smux-stream';

/** The buffer of Go's `io.Copy`, and with it the largest frame that a stream has. */
const COPY_BYTES = 32_768;

export interface MuxSessionOptions {
  readonly addresses: readonly Address[];
  readonly faults: Pick<SessionFaults, 'readChunkBytes' | 'readPauseMs'>;
  readonly keepAlive: KeepAlive | undefined;
}

/** Each stream of the client's is a connection: amazon-ssm-agent `agent/session/plugins/port/port_mux.go`. */
export class MuxSession implements PortSession {
  private readonly smux: SmuxServer;
  private readonly connections = new Set<Connection>();
  private readonly stopped = new AbortController();
  /** No stream can be opened any more. */
  private failed = false;

  constructor(private readonly options: MuxSessionOptions) {
    this.smux = new SmuxServer(options.keepAlive);
    setMaxListeners(0, this.stopped.signal); // one for each connection that is being made
  }

  start(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async pump(channel: ProgramChannel): Promise<void> {
    await Promise.all([this.passToClient(channel), this.serve(channel)]);
  }

  take(payload: Buffer): Promise<boolean> {
    return this.smux.input.write(payload);
  }

  /** It is for the basic session alone. */
  disconnect(): void {
    return undefined;
  }

  stop(): void {
    this.stopped.abort();
    this.smux[Symbol.dispose]();
    for (const connection of this.connections) connection.close();
  }

  private async passToClient(channel: ProgramChannel): Promise<void> {
    const { readChunkBytes, readPauseMs } = this.options.faults;
    for (;;) {
      await channel.untilReady();
      if (this.failed) return;
      const bytes = await this.smux.output.read(readChunkBytes);
      if (bytes === undefined) return;
      channel.send(PayloadType.Output, bytes, Date.now());
      if (readPauseMs > 0) await sleep(readPauseMs);
    }
  }

  /** One stream after the other: a destination that does not answer keeps those that follow waiting. */
  private async serve(channel: ProgramChannel): Promise<void> {
    for (let stream = await this.smux.accept(); stream !== undefined; stream = await this.smux.accept()) {
      try {
        const connection = await Connection.dial(this.options.addresses, this.stopped.signal);
        this.connections.add(connection);
        void this.join(stream, connection);
      } catch (error) {
        if (!(error instanceof DialError)) throw error;
        if (this.stopped.signal.aborted) return;
        channel.send(PayloadType.Flag, encodeFlag(Flag.ConnectToPortError), Date.now());
        await stream.close();
      }
    }
    this.failed = true;
  }

  /** The end of either direction is the end of both: half-closed connections do not get through. */
  private async join(stream: SmuxStream, connection: Connection): Promise<void> {
    await Promise.all([toClient(stream, connection), toDestination(stream, connection)]);
    this.connections.delete(connection);
  }
}

async function toClient(stream: SmuxStream, connection: Connection): Promise<void> {
  for (let bytes = await connection.read(COPY_BYTES); bytes !== undefined; bytes = await connection.read(COPY_BYTES)) {
    if (!(await stream.write(bytes))) break;
  }
  await stream.close();
}

async function toDestination(stream: SmuxStream, connection: Connection): Promise<void> {
  for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) {
    const written = await connection.write(bytes);
    stream.release(bytes);
    if (!written) break;
  }
  connection.close();
}
