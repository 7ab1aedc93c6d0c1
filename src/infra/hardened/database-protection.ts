import { DataResource, Fn, type IResolvable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { DatabaseProtection } from '../database';
import { choose } from '../expressions';
import { AUDIT_PARAMETERS } from './audit-parameters';
import type { Keys } from './keys';
import { encryptedLogGroup } from './log-group';
import type { Names } from './names';

export interface DatabaseProtectionProps {
  readonly namePrefix: string;
  readonly names: Names;
  readonly keys: Keys;
  readonly deletionProtection: IResolvable;
  readonly skipFinalSnapshot: boolean | IResolvable;
  readonly performanceInsightsEnabled: boolean | IResolvable;
  /** Whether a plan may destroy the cluster. */
  readonly allowDataLoss: boolean;
  readonly tags: Record<string, string>;
}

/** Encryption, audit, and a cluster that is not lost by mistake. */
export class ClusterProtection extends Construct implements DatabaseProtection {
  readonly cluster: DatabaseProtection['cluster'];
  readonly instances: DatabaseProtection['instances'];
  readonly parameters = AUDIT_PARAMETERS;

  constructor(scope: Construct, id: string, props: DatabaseProtectionProps) {
    super(scope, id);
    const { names, keys, skipFinalSnapshot, tags } = props;
    const logGroup = encryptedLogGroup(this, 'aurora', {
      name: names.logGroups.database,
      kmsKeyId: keys.sessionsArn,
      tags,
    });
    this.cluster = {
      storageEncrypted: true,
      kmsKeyId: keys.dataArn,
      masterUserSecretKmsKeyId: keys.dataArn,
      deletionProtection: props.deletionProtection,
      finalSnapshotIdentifier: Token.asString(
        choose(skipFinalSnapshot, Token.nullValue(), this.finalSnapshotName(props.namePrefix)),
      ),
      iamDatabaseAuthenticationEnabled: true,
      copyTagsToSnapshot: true,
      // RDS would make the group itself, unencrypted and for ever.
      dependsOn: [logGroup],
      // What protects a state in S3 as well: a plan that would destroy the cluster is refused.
      ...(props.allowDataLoss ? {} : { lifecycle: { preventDestroy: true } }),
    };
    this.instances = {
      performanceInsightsKmsKeyId: Token.asString(
        choose(props.performanceInsightsEnabled, keys.dataArn, Token.nullValue()),
      ),
    };
  }

  /** A name of the cluster's own, since a snapshot outlives its cluster; the time is kept, so that plans stay empty. */
  private finalSnapshotName(namePrefix: string): string {
    const time = new DataResource(this, 'data.final_snapshot', {
      // Typed as a map by the bindings, and any value to Terraform.
      input: Token.asStringMap(Fn.timestamp()),
      lifecycle: { ignoreChanges: ['input'] },
    });
    const made = Token.asString(Fn.lookupNested(time.fqn, ['output']));
    return Fn.join('-', [namePrefix, 'aurora-final-snapshot', Fn.formatdate('YYYY-MM-DD-hhmmss', made)]);
  }
}
