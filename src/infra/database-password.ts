import { DataAwsRdsCluster } from '@cdktf/provider-aws/lib/data-aws-rds-cluster';
import { TerraformCount, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { Database } from './database';

export interface DatabasePasswordProps {
  readonly database: Database;
  /** A secret that somebody else keeps; empty: none. */
  readonly secretArn: string;
}

/**
 * Where the task's `PGPASSWORD` comes from: the given secret; else the secret in which RDS keeps the password it made;
 * else, for a system that was set up with one, the password itself in clear.
 */
export class DatabasePassword extends Construct {
  /** Whether the task definition holds the password itself. */
  readonly isInClear: string;
  /** What ECS reads the password from (`valueFrom`); null when it is in clear. */
  readonly valueFrom: string;
  /** The secret that ECS must be allowed to read; null when there is none. */
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { database }: DatabasePasswordProps) {
    super(scope, id);
    this.isInClear = new TerraformLocal(
      this,
      'local.password_is_in_clear',
      '${!local.password_is_managed && var.database_password_secret_arn == ""}',
    ).asString;
    // Read through the data source: off the resource, the plan that switches an existing cluster to a managed password
    // fails, since the list that holds the secret is still empty when it is read.
    new DataAwsRdsCluster(this, 'cluster.managed_password', {
      count: TerraformCount.of(
        Token.asNumber('${local.password_is_managed && var.database_password_secret_arn == "" ? 1 : 0}'),
      ),
      clusterIdentifier: database.clusterId,
      dependsOn: [database.cluster],
    });
    this.secretArn = new TerraformLocal(
      this,
      'local.password_secret_arn',
      '${var.database_password_secret_arn == "" ? one(data.aws_rds_cluster.managed_password[*].master_user_secret[0].secret_arn) : join(":", slice(split(":", var.database_password_secret_arn), 0, 7))}',
    ).asString;
    // RDS's secret is JSON of which the task needs one key; another secret is taken as its owner names it.
    this.valueFrom = new TerraformLocal(
      this,
      'local.password_value_from',
      '${var.database_password_secret_arn == "" ? (local.password_is_managed ? "${local.password_secret_arn}:password::" : null) : var.database_password_secret_arn}',
    ).asString;
  }
}
