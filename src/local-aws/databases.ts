import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { ownAddresses } from './agent/port/addresses';
import type { Address } from './agent/port/connection';
import type { MotoClient } from './aws-api';
import type { Faults } from './faults';
import type { PostgresHost } from './postgres';
import type { PostgresServer } from './postgres-server';

interface Cluster {
  readonly id: string;
  readonly region: string;
  readonly masterUsername: string;
  /** Where RDS keeps the password; undefined when the user gave one. */
  secretArn: string | undefined;
  readonly endpoints: Set<string>;
  readonly server: PostgresServer;
}

export interface NewCluster {
  readonly id: string;
  readonly region: string;
  readonly databaseName: string | undefined;
  readonly masterUsername: string;
  /** Undefined: RDS makes one and keeps it in the secret. */
  readonly masterPassword: string | undefined;
  readonly secretArn: string | undefined;
  readonly engineVersion: string;
  readonly endpoints: readonly string[];
}

const LOOPBACK = '127.0.0.1';
/** Of every cluster's endpoints. */
const POSTGRES_PORT = 5432;
/** Linux refuses connections to it. */
const NOBODYS_PORT = 0;

/** A PostgreSQL server for each Aurora cluster that moto knows, and the way to it by the cluster's host names. */
export class DatabaseHost implements AsyncDisposable {
  private readonly clusters = new Map<string, Cluster>();
  private silent: Server | undefined;

  constructor(
    private readonly moto: MotoClient,
    private readonly postgres: PostgresHost,
  ) {}

  async create(cluster: NewCluster): Promise<void> {
    const { id, region, masterUsername, secretArn } = cluster;
    const masterPassword = cluster.masterPassword ?? newPassword();
    const server = await this.postgres.start(`${region}-${id}`, {
      name: cluster.databaseName ?? 'postgres',
      masterUsername,
      masterPassword,
      engineVersion: cluster.engineVersion,
      endpoints: cluster.endpoints,
    });
    this.clusters.set(key(region, id), {
      id,
      region,
      masterUsername,
      secretArn,
      endpoints: new Set(cluster.endpoints),
      server,
    });
    await this.keep(region, secretArn, masterUsername, masterPassword);
  }

  /** A new password, given or made. */
  async changePassword(
    region: string,
    id: string,
    { password, secretArn }: { readonly password: string | undefined; readonly secretArn: string | undefined },
  ): Promise<void> {
    const cluster = this.clusters.get(key(region, id));
    if (cluster === undefined || (password === undefined && secretArn === cluster.secretArn)) return;
    const next = password ?? newPassword();
    cluster.secretArn = secretArn;
    await cluster.server.setPassword(cluster.masterUsername, next);
    await this.keep(region, secretArn, cluster.masterUsername, next);
  }

  async remove(region: string, id: string): Promise<void> {
    const cluster = this.clusters.get(key(region, id));
    this.clusters.delete(key(region, id));
    await cluster?.server[Symbol.asyncDispose]();
  }

  /** More names of a cluster: those of its instances. */
  async addEndpoint(region: string, id: string, endpoint: string): Promise<void> {
    const cluster = this.clusters.get(key(region, id));
    if (cluster === undefined || cluster.endpoints.has(endpoint)) return;
    cluster.endpoints.add(endpoint);
    await cluster.server.rename([...cluster.endpoints]);
  }

  /** Its endpoints refuse connections until `start`. */
  async stop(region: string, id: string): Promise<void> {
    await this.clusters.get(key(region, id))?.server.stop();
  }

  async start(region: string, id: string): Promise<void> {
    await this.clusters.get(key(region, id))?.server.start();
  }

  /**
   * The stand-in's replacement for the VPC's DNS: libpq takes the address from `PGHOSTADDR` and keeps `PGHOST` as the
   * name, and several clusters share one loopback address by their ports.
   */
  async route(host: string | undefined, isSilent = false): Promise<Record<string, string>> {
    const cluster = this.clusterOf(host);
    if (cluster === undefined) return {};
    const port = isSilent ? await this.silence() : cluster.server.port;
    return { PGHOSTADDR: LOOPBACK, PGPORT: String(port) };
  }

  /** The same for a Port session: where a host's port is here. None for a name that nobody has. */
  async addresses(
    host: string,
    port: number,
    { databaseSilent = false, databaseStatus }: Pick<Faults, 'databaseSilent' | 'databaseStatus'> = {},
  ): Promise<readonly Address[]> {
    const cluster = this.clusterOf(host);
    if (cluster === undefined) return ownAddresses(host, port);
    const refuses = port !== POSTGRES_PORT || databaseStatus === 'stopped';
    const own = refuses ? NOBODYS_PORT : databaseSilent ? await this.silence() : cluster.server.port;
    return [{ address: LOOPBACK, port: own }];
  }

  private clusterOf(host: string | undefined): Cluster | undefined {
    return [...this.clusters.values()].find(({ endpoints }) => host !== undefined && endpoints.has(host));
  }

  /** @returns the port of a server that takes connections and never answers */
  private async silence(): Promise<number> {
    if (this.silent === undefined) {
      this.silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
      this.silent.unref();
      await once(this.silent, 'listening');
    }
    return (this.silent.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.silent?.close();
    await Promise.all([...this.clusters.values()].map(({ server }) => server[Symbol.asyncDispose]()));
    this.clusters.clear();
  }

  /** moto's secret holds a fixed user and password; RDS's holds the cluster's. */
  private async keep(region: string, secretArn: string | undefined, username: string, password: string): Promise<void> {
    if (secretArn === undefined) return;
    await this.moto.json('secretsmanager', region, 'secretsmanager.PutSecretValue', {
      SecretId: secretArn,
      SecretString: JSON.stringify({ username, password }),
      ClientRequestToken: randomBytes(16).toString('hex'),
    });
  }
}

function key(region: string, id: string): string {
  return `${region}/${id}`;
}

/** With characters that a careless shell or URL would trip over; RDS leaves out slashes, quotes, at signs and blanks. */
function newPassword(): string {
  return `${randomBytes(18).toString('base64url')}#$%&()*+`;
}
