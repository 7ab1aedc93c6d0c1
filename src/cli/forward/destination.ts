import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { AwsAccess } from '../../aws/clients';
import { UserError } from '../../errors';
import type { WantedDestination } from '../forward-options';

/** Where connections come out. */
export interface Destination {
  /** As users call it: `writer`, `reader`, `HOST:PORT`. */
  readonly name: string;
  readonly isDatabase: boolean;
  readonly host: string;
  readonly port: number;
  /** On this machine; 0: any free one. */
  readonly localPort: number;
}

/** What the container knows of the database. */
export interface ContainerDatabase {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  /** `valueFrom` of the secret, or, where it stands in the definition in clear, the password; undefined: none. */
  readonly password: { readonly valueFrom: string } | { readonly value: string } | undefined;
}

const POSTGRES_PORT = 5432;

/** @throws UserError when its environment names no database */
export function containerDatabase({ environment = [], secrets = [] }: ContainerDefinition): ContainerDatabase {
  const variable = (name: string): string | undefined => environment.find((one) => one.name === name)?.value;
  const host = variable('PGHOST');
  if (host === undefined || host === '') {
    throw new UserError("The container's environment has no PGHOST", 'Deploy the stack again (`npx cdktf deploy`)');
  }
  const [valueFrom, value] = [secrets.find(({ name }) => name === 'PGPASSWORD')?.valueFrom, variable('PGPASSWORD')];
  return {
    host,
    port: Number(variable('PGPORT') ?? POSTGRES_PORT),
    name: variable('PGDATABASE') ?? 'postgres',
    user: variable('PGUSER') ?? 'postgres',
    password: valueFrom !== undefined ? { valueFrom } : value !== undefined ? { value } : undefined,
  };
}

export interface Search {
  readonly access: AwsAccess;
  /** Whether nobody minds which ports of this machine they are. */
  readonly anyPort: boolean;
  readonly signal: AbortSignal;
}

/**
 * Where each leads, and from which port of this machine: from the same number where nothing else is asked for, and
 * several with one number from those that follow it.
 * @throws UserError when the cluster has no such endpoint
 */
export async function findDestinations(
  wanted: readonly WantedDestination[],
  database: ContainerDatabase | undefined,
  search: Search,
): Promise<readonly Destination[]> {
  const places = await Promise.all(wanted.map((one) => findPlace(one, database, search)));
  return places.map((place, index) => {
    const earlier = places.slice(0, index).filter(({ port }) => port === place.port).length;
    return { ...place, localPort: wanted[index]?.localPort ?? (search.anyPort ? 0 : place.port + earlier) };
  });
}

async function findPlace(
  wanted: WantedDestination,
  database: ContainerDatabase | undefined,
  { access, signal }: Search,
): Promise<Omit<Destination, 'localPort'>> {
  if (wanted.kind === 'remote') {
    const { host, port } = wanted;
    return { name: `${host}:${port}`, isDatabase: false, host, port };
  }
  if (database === undefined) throw new UserError('The database is not known');
  const { host, port } = database;
  if (wanted.kind === 'writer') return { name: 'writer', isDatabase: true, host, port };
  const { databaseState } = await import('../../aws/database.js');
  const reader = (await databaseState(access, host, signal))?.readerEndpoint ?? '';
  if (reader !== '') return { name: 'reader', isDatabase: true, host: reader, port };
  throw new UserError(`RDS names no reader endpoint of ${host}`, 'Name it with --remote HOST:PORT');
}
