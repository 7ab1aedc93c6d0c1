import { DescribeDBClustersCommand, RDSClient } from '@aws-sdk/client-rds';
import { type AwsAccess, configuration } from './clients';
import { awsCall } from './errors';

export interface DatabaseState {
  readonly id: string;
  /** RDS's word, such as `available` or `stopped`. */
  readonly status: string;
  /** Empty where RDS names none. */
  readonly readerEndpoint: string;
}

/** The Aurora cluster that one of whose endpoints is `host`; undefined when there is none. */
export async function databaseState(
  access: AwsAccess,
  host: string,
  signal: AbortSignal,
): Promise<DatabaseState | undefined> {
  const rds = new RDSClient(configuration(access));
  let Marker: string | undefined;
  do {
    const answer = await awsCall('rds:DescribeDBClusters', () =>
      rds.send(new DescribeDBClustersCommand({ Marker }), { abortSignal: signal }),
    );
    const found = answer.DBClusters?.find(({ Endpoint, ReaderEndpoint, CustomEndpoints = [] }) =>
      [Endpoint, ReaderEndpoint, ...CustomEndpoints].includes(host),
    );
    if (found !== undefined) {
      const { DBClusterIdentifier: id = '', Status: status = 'unknown', ReaderEndpoint: readerEndpoint = '' } = found;
      return { id, status, readerEndpoint };
    }
    Marker = answer.Marker;
  } while (Marker !== undefined);
  return undefined;
}

const REMEDIES: Readonly<Record<string, string>> = {
  stopped: 'Start it with: aws rds start-db-cluster --db-cluster-identifier ID',
  stopping: 'Wait until it has stopped, then start it with: aws rds start-db-cluster --db-cluster-identifier ID',
  deleting: 'It will not come back: deploy the stack again',
  'inaccessible-encryption-credentials': 'Give RDS back its right to use the KMS key of the cluster',
};

/** What to do about a cluster that is not available. */
export function stateRemedy({ id, status }: Pick<DatabaseState, 'id' | 'status'>): string {
  const remedy =
    REMEDIES[status] ?? 'Wait until it is available: aws rds wait db-cluster-available --db-cluster-identifier ID';
  return remedy.replace('ID', id);
}
