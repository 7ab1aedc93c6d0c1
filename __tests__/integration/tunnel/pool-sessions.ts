import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { type PoolEvent, PortPool, type PortPoolOptions } from '../../../src/tunnel/port-pool';
import { PortSession, type PortSessionOptions } from '../../../src/tunnel/port-session';
import type { GatewayHarness } from '../../support/gateway';
import { Destinations, forwarding } from '../local-aws/agent/destinations';
import { UNSIGNED } from '../../support/unsigned';

/** What a pool is to be given of a session, in the order in which they are opened, from 1. */
export interface Opening {
  /** Waited for first; what it throws is what opening fails with. */
  readonly before?: (index: number) => Promise<void>;
  readonly resume?: (ticket: SessionTicket) => Promise<SessionTicket | undefined>;
  readonly credentialsEnd?: () => number;
  readonly keepAliveMs?: PortSessionOptions['keepAliveMs'];
}

/**
 * Sessions for pools. Each leads to a server of its own, which says the session's index and a newline, and then again
 * what it is told: so a connection shows where it goes.
 */
export class PoolSessions implements Disposable {
  /** Of the sessions that were asked for, by index; undefined where there was no attempt, or it failed before. */
  readonly tickets: (SessionTicket | undefined)[] = [];
  /** By index. */
  readonly opened: PortSession[] = [];
  readonly events: PoolEvent[] = [];
  private asked = 0;
  private readonly destinations = new Destinations();

  constructor(private readonly harness: GatewayHarness) {}

  /** How often `open` was called. */
  get count(): number {
    return this.asked;
  }

  openPool(opening: Opening = {}, options: Partial<PortPoolOptions> = {}): Promise<PortPool> {
    return PortPool.open({
      open: this.opener(opening),
      onTrouble: (event) => this.events.push(event),
      ...options,
    });
  }

  /** The id of the session with this index. */
  id(index: number): string {
    const ticket = this.tickets[index];
    if (ticket === undefined) throw new Error(`session ${index} was not opened`);
    return ticket.sessionId;
  }

  /** Whether the service still has it. */
  lives(index: number): boolean {
    return this.harness.gateway.sessions().some(({ sessionId }) => sessionId === this.tickets[index]?.sessionId);
  }

  [Symbol.dispose](): void {
    this.destinations[Symbol.dispose]();
  }

  private opener({ before, resume, credentialsEnd, keepAliveMs }: Opening): PortPoolOptions['open'] {
    return async (onConnection, signal) => {
      const index = (this.asked += 1);
      await before?.(index);
      signal.throwIfAborted();
      const port = await this.destinations.listen((socket) => {
        socket.write(`${index}\n`);
        socket.pipe(socket);
      });
      const ticket = this.harness.start('', forwarding(port));
      this.tickets[index] = ticket;
      const session = await PortSession.open(ticket, {
        access: UNSIGNED,
        signal,
        onConnection,
        keepAliveMs,
        resume: () => (resume ?? ((one) => Promise.resolve(this.harness.resume(one))))(ticket),
      });
      this.opened[index] = session;
      return { session, credentialsEnd: credentialsEnd?.() };
    };
  }
}

/** A connection that is there: where it goes is known. */
export interface Dialled {
  readonly connection: Duplex;
  readonly session: number;
}

export async function dial(pool: PortPool): Promise<Dialled> {
  const connection = await pool.connect();
  let greeting = '';
  while (!greeting.includes('\n')) greeting += String(((await once(connection, 'data')) as [Buffer])[0]);
  return { connection, session: Number(greeting) };
}

/** Says something and waits until it has come back, whole. */
export async function echo({ connection }: Dialled, bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  let missing = bytes.length;
  const back = new Promise<Buffer>((resolve, reject) => {
    const take = (part: Buffer): void => {
      parts.push(part);
      missing -= part.length;
      if (missing > 0) return;
      connection.off('data', take);
      connection.off('error', reject);
      resolve(Buffer.concat(parts));
    };
    connection.on('data', take);
    connection.once('error', reject);
  });
  connection.write(bytes);
  return await back;
}

/** A gate that opens once. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
