import {
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { type AwsAccess, configuration } from '../aws/clients';
import { awsCall } from '../aws/errors';
import { AbsentError, DEPLOY } from './check';
import { once } from './once';

/** What RDS says about the database that the container names. */
export class DatabaseFacts {
  private readonly rds: RDSClient;

  constructor(
    access: AwsAccess,
    private readonly signal: AbortSignal,
    private readonly host: () => Promise<string>,
  ) {
    this.rds = new RDSClient(configuration(access));
  }

  /** The Aurora cluster that has PGHOST among its endpoints, or among those of its instances. */
  readonly cluster = once(async (): Promise<DBCluster> => {
    const host = await this.host();
    if (host === '') throw new AbsentError('database', "The container's environment has no PGHOST", DEPLOY);
    const clusters = await this.clusters();
    const found =
      clusters.find(({ Endpoint, ReaderEndpoint, CustomEndpoints = [] }) =>
        [Endpoint, ReaderEndpoint, ...CustomEndpoints].includes(host),
      ) ?? (await this.clusterOfInstance(clusters, host));
    if (found !== undefined) return found;
    throw new AbsentError(
      'database',
      `No Aurora cluster in this region and account has the endpoint ${host} (PGHOST)`,
      `It may have been deleted or made anew: ${DEPLOY}, so that the task definition names the present one`,
    );
  });

  readonly instances = once(async (): Promise<readonly DBInstance[]> => {
    const { DBClusterIdentifier: id } = await this.cluster();
    return (await this.instancesOfAll()).filter(({ DBClusterIdentifier }) => DBClusterIdentifier === id);
  });

  /** Ids of the subnets in which it has its addresses. */
  readonly subnetIds = once(async (): Promise<readonly string[]> => {
    const { DBSubnetGroup: name } = await this.cluster();
    const { DBSubnetGroups: [group] = [] } = await awsCall('rds:DescribeDBSubnetGroups', () =>
      this.rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: name }), { abortSignal: this.signal }),
    );
    return (group?.Subnets ?? []).flatMap(({ SubnetIdentifier: id }) => (id === undefined ? [] : [id]));
  });

  private async clusterOfInstance(clusters: readonly DBCluster[], host: string): Promise<DBCluster | undefined> {
    const instance = (await this.instancesOfAll()).find(({ Endpoint }) => Endpoint?.Address === host);
    return clusters.find(
      ({ DBClusterIdentifier: id }) => instance !== undefined && id === instance.DBClusterIdentifier,
    );
  }

  private readonly clusters = once(async () => {
    const all: DBCluster[] = [];
    let Marker: string | undefined;
    do {
      const answer = await awsCall('rds:DescribeDBClusters', () =>
        this.rds.send(new DescribeDBClustersCommand({ Marker }), { abortSignal: this.signal }),
      );
      all.push(...(answer.DBClusters ?? []));
      Marker = answer.Marker;
    } while (Marker !== undefined);
    return all;
  });

  private readonly instancesOfAll = once(async () => {
    const all: DBInstance[] = [];
    let Marker: string | undefined;
    do {
      const answer = await awsCall('rds:DescribeDBInstances', () =>
        this.rds.send(new DescribeDBInstancesCommand({ Marker }), { abortSignal: this.signal }),
      );
      all.push(...(answer.DBInstances ?? []));
      Marker = answer.Marker;
    } while (Marker !== undefined);
    return all;
  });
}
