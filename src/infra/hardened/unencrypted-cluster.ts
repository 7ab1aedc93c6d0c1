import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../errors';

export class UnencryptedClusterError extends UserError {
  constructor(
    readonly address: string,
    readonly file: string,
  ) {
    super(
      `The hardened posture would replace the unencrypted cluster ${address} of ${file}: its data would be lost`,
      'Save the data first (`npm run connect -- dump`), deploy with ALLOW_DATA_LOSS=true, and restore it',
    );
  }
}

interface State {
  readonly resources?: readonly {
    readonly module?: string;
    readonly mode: string;
    readonly type: string;
    readonly name: string;
    readonly instances?: readonly { readonly attributes?: { readonly storage_encrypted?: unknown } }[];
  }[];
}

/**
 * Refuses to synthesize over a local state with a cluster that is not encrypted, since AWS encrypts a cluster only when
 * it is made. What lies in S3 is not seen from here; there the plan is refused (`prevent_destroy` of the cluster).
 * @param file the state; there may be none
 * @throws UnencryptedClusterError
 */
export function refuseUnencryptedCluster(file: string | undefined): void {
  if (file === undefined || !existsSync(file)) return;
  const { resources = [] } = JSON.parse(readFileSync(file, 'utf8')) as State;
  const cluster = resources.find(
    ({ mode, type, instances = [] }) =>
      mode === 'managed' &&
      type === 'aws_rds_cluster' &&
      instances.some(({ attributes }) => attributes?.storage_encrypted !== true),
  );
  if (cluster === undefined) return;
  const { module, type, name } = cluster;
  throw new UnencryptedClusterError([...(module === undefined ? [] : [module]), type, name].join('.'), file);
}
