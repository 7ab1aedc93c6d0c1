import { DbParameterGroup } from '@cdktf/provider-aws/lib/db-parameter-group';
import {
  RdsClusterParameterGroup,
  type RdsClusterParameterGroupParameter,
} from '@cdktf/provider-aws/lib/rds-cluster-parameter-group';
import { Construct } from 'constructs';

export interface ParameterGroupsProps {
  readonly namePrefix: string;
  readonly engine: string;
  /** Major version of PostgreSQL, as text: each has parameters of its own. */
  readonly majorVersion: string;
  /** More parameters of the cluster. */
  readonly parameters: readonly RdsClusterParameterGroupParameter[];
  readonly tags: Record<string, string>;
}

/** The parameters of the cluster and of its instances. */
export class ParameterGroups extends Construct {
  readonly clusterGroupName: string;
  readonly instanceGroupName: string;

  constructor(
    scope: Construct,
    id: string,
    { namePrefix, engine, majorVersion, parameters, tags }: ParameterGroupsProps,
  ) {
    super(scope, id);
    const family = `${engine}${majorVersion}`;
    const prefix = `${namePrefix}-aurora-pg${majorVersion}`;
    this.clusterGroupName = new RdsClusterParameterGroup(this, 'cluster.aurora_postgresql', {
      name: `${prefix}-cluster-params`,
      family,
      description: `Aurora PostgreSQL ${majorVersion} cluster parameter group`,
      // What blue/green deployments replicate with.
      parameter: [{ name: 'rds.logical_replication', value: '1', applyMethod: 'pending-reboot' }, ...parameters],
      tags,
    }).name;
    this.instanceGroupName = new DbParameterGroup(this, 'instance.aurora_postgresql', {
      name: `${prefix}-params`,
      family,
      description: `Aurora PostgreSQL ${majorVersion} parameter group`,
      tags,
    }).name;
  }
}
