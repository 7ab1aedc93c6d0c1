import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadType } from '../../../session/message';
import type { ProgramChannel } from '../program';
import type { SessionFaults } from '../faults';
import { type Address, Connection, DialError } from './connection';
import type { PortSession } from './port-session';
import { Signal } from './signal';

export interface BasicSessionOptions {
  readonly addresses: readonly Address[];
  readonly faults: Pick<SessionFaults, 'readChunkBytes' | 'readPauseMs'>;
}

/**
 * One connection at a time, without frames: amazon-ssm-agent `agent/session/plugins/port/port_basic.go`. The client is
 * not told when the destination closes; its next bytes open a new connection.
 */
export class BasicSession implements PortSession {
  private connection: Connection | undefined;
  /** The connection is closed, and the next bytes open one. */
  private waitsForInput = false;
  private failed = false;
  private readonly reconnected = new Signal();
  private readonly stopped = new AbortController();

  constructor(private readonly options: BasicSessionOptions) {}

  async start(): Promise<string | undefined> {
    try {
      this.connection = await Connection.dial(this.options.addresses, this.stopped.signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      return `Unable to connect to specified port: ${error.message}`;
    }
  }

  async pump(channel: ProgramChannel): Promise<void> {
    const { readChunkBytes, readPauseMs } = this.options.faults;
    for (;;) {
      await channel.untilReady();
      const bytes = await this.connection?.read(readChunkBytes);
      if (bytes === undefined) {
        this.connection?.close();
        if (!(await this.reconnect())) return;
        continue;
      }
      channel.send(PayloadType.Output, bytes, Date.now());
      if (readPauseMs > 0) await sleep(readPauseMs);
    }
  }

  async take(payload: Buffer): Promise<boolean> {
    if (this.waitsForInput) {
      this.failed = (await this.start()) !== undefined;
      this.waitsForInput = false;
      this.reconnected.give();
      if (this.failed) return false;
    }
    return (await this.connection?.write(payload)) === true;
  }

  disconnect(): void {
    this.connection?.close();
  }

  stop(): void {
    this.failed = true;
    this.stopped.abort();
    this.connection?.close();
    this.reconnected.give();
  }

  /** Waits for input. @returns whether there is a connection again */
  private async reconnect(): Promise<boolean> {
    if (this.failed) return false;
    this.waitsForInput = true;
    await this.reconnected.wait();
    return !this.hasFailed();
  }

  private hasFailed(): boolean {
    return this.failed;
  }
}
