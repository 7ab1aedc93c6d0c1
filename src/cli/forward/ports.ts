import type { Duplex } from 'node:stream';
import { UserError } from '../../errors';
import { Listener } from '../../tunnel/listener';
import { type PoolEvent, PortPool } from '../../tunnel/port-pool';
import { DestinationError } from '../../tunnel/port-session';
import { DatabaseGreetingError } from '../../tunnel/postgres-client-end';
import { DatabaseTlsError } from '../../tunnel/postgres-tls';
import type { AcquireContext } from '../acquire';
import type { Destination } from './destination';
import { explainForbidden } from './forbidden-host';
import { portOpener } from './open-port';
import type { TaskKeeper } from './task-keeper';

/** A port of this machine, or a unix socket, that leads to a destination, until disposal. */
export interface OpenPort extends AsyncDisposable {
  readonly destination: Destination;
  readonly port: number;
  /** The path of the unix socket, which has the port in its name at most. */
  readonly socket: string | undefined;
  /** Rejects when there is no way back any more. */
  readonly failed: Promise<never>;
}

/** Ports that close together. */
export interface OpenPorts extends AsyncDisposable {
  /** In the order of their destinations. */
  readonly list: readonly OpenPort[];
}

/** Where connections are taken, and what becomes of them. */
export interface Entrance {
  /** Where the unix socket of a destination is; undefined: it is a port of 127.0.0.1. */
  readonly socketOf?: (destination: Destination) => string;
  /** What a connection to a destination is made into. */
  readonly dress?: (connection: Duplex, destination: Destination) => Promise<Duplex>;
}

/** @throws as the first session's opening, UserError when a port is not to be had; none stays open then */
export async function openPorts(
  destinations: readonly Destination[],
  streams: number,
  keeper: TaskKeeper,
  context: AcquireContext,
  entrance: Entrance = {},
): Promise<OpenPorts> {
  const list: OpenPort[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(list.map((one) => one[Symbol.asyncDispose]()));
  };
  try {
    for (const one of destinations) list.push(await openPort(one, streams, keeper, context, entrance));
    return { list, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPort(
  destination: Destination,
  streams: number,
  keeper: TaskKeeper,
  context: AcquireContext,
  { socketOf, dress }: Entrance,
): Promise<OpenPort> {
  const { story, signal } = context;
  const path = socketOf?.(destination);
  const pool = await PortPool.open({
    open: portOpener(destination, keeper, context),
    explain: (error) => explainForbidden(error, destination.host),
    size: streams,
    signal,
    onTrouble: (event) => {
      story.line(`${destination.name}: ${words(event)}`);
    },
  });
  try {
    const listener = await Listener.open({
      port: destination.localPort,
      path,
      connect: async () => {
        const connection = await pool.connect();
        return dress === undefined ? connection : await dress(connection, destination);
      },
      onFailure: (error) => {
        const isDatabases = error instanceof DatabaseTlsError || error instanceof DatabaseGreetingError;
        if (isDatabases || error instanceof DestinationError) story.line(`${error.message}\n${error.remedy}`);
      },
    });
    return {
      destination,
      port: listener.port,
      socket: path,
      failed: pool.failed,
      [Symbol.asyncDispose]: async () => {
        await listener[Symbol.asyncDispose]();
        await pool[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

function words(event: PoolEvent): string {
  switch (event.kind) {
    case 'lost': {
      const connections = event.connections === 1 ? '1 connection' : `${event.connections} connections`;
      const what = event.connections === 0 ? 'nothing was open in it' : `${connections} with it`;
      return `${event.error?.message ?? 'The session has ended'}; ${what}. Opening another …`;
    }
    case 'failed':
      return `Another session could not be opened, it is tried on: ${withRemedy(event.error)}`;
    case 'back':
      return 'Open again';
  }
}

/** What only the user can mend, such as credentials that have ended, comes with what to do. */
function withRemedy(error: Error): string {
  return error instanceof UserError && error.remedy !== '' ? `${error.message}. ${error.remedy}` : error.message;
}
