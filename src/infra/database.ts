import { DbSubnetGroup } from '@cdktf/provider-aws/lib/db-subnet-group';
import { RdsCluster, type RdsClusterConfig } from '@cdktf/provider-aws/lib/rds-cluster';
import { RdsClusterInstance, type RdsClusterInstanceConfig } from '@cdktf/provider-aws/lib/rds-cluster-instance';
import type { RdsClusterParameterGroupParameter } from '@cdktf/provider-aws/lib/rds-cluster-parameter-group';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { SecurityGroupRule } from '@cdktf/provider-aws/lib/security-group-rule';
import { Fn, type IResolvable, Op, propertyAccess, TerraformCount, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import { databaseGroup } from './database-group';
import { choose } from './expressions';
import { MonitoringRole } from './monitoring-role';
import { ParameterGroups } from './parameter-groups';
import { withName } from './tags';

export interface DatabaseSettings {
  /** Name of the first database. */
  readonly name: string;
  readonly masterUsername: string;
  /** Null, or none at all: RDS makes the password and keeps it in Secrets Manager. */
  readonly masterPassword?: string;
  readonly instanceClass: string;
  /** One writer and the rest readers. */
  readonly instanceCount: number;
  /** `<major>.<minor>` of Aurora PostgreSQL. */
  readonly engineVersion: string;
  /** Days. */
  readonly backupRetentionPeriod: number;
  /** UTC, `hh:mm-hh:mm`. */
  readonly backupWindow: string;
  /** UTC, `ddd:hh:mm-ddd:hh:mm`. */
  readonly maintenanceWindow: string;
  readonly skipFinalSnapshot: boolean | IResolvable;
  readonly performanceInsightsEnabled: boolean | IResolvable;
  /** Seconds; 0 is off. */
  readonly monitoringInterval: number;
}

export interface DatabaseProps {
  readonly namePrefix: string;
  /** AWS partition, which the ARNs of AWS's own policies name. */
  readonly partition: string;
  readonly vpcId: string;
  /** IPv4 range that may reach the database. @default none: who else may is let in from outside */
  readonly openTo?: string;
  /** At least two, in different zones. */
  readonly subnetIds: string[];
  readonly settings: DatabaseSettings;
  /** What is set beyond the settings. */
  readonly protection?: DatabaseProtection;
  readonly tags: Record<string, string>;
}

/** What keeps the data from loss and from eyes; see `hardened/database-protection.ts`. */
export interface DatabaseProtection {
  readonly cluster: Partial<RdsClusterConfig>;
  readonly instances: Partial<RdsClusterInstanceConfig>;
  readonly parameters: readonly RdsClusterParameterGroupParameter[];
}

const ENGINE = 'aurora-postgresql';

/** An Aurora PostgreSQL cluster that only the VPC reaches. */
export class Database extends Construct {
  readonly port = 5432;
  readonly name: string;
  readonly masterUsername: string;
  readonly masterPassword: string | undefined;
  readonly clusterId: string;
  readonly endpoint: string;
  readonly readerEndpoint: string;
  readonly securityGroupId: string;
  readonly instanceIds: string;
  readonly instanceEndpoints: string;
  /** Major version of PostgreSQL, as text. */
  readonly majorVersion: string;
  /** Whether RDS made the master password and keeps it. Known at plan time, and not a secret. */
  readonly passwordIsManaged: string | true;
  /** What must exist before the cluster's secret can be asked for. */
  readonly cluster: RdsCluster;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { namePrefix, partition, subnetIds, settings, protection, tags } = props;
    this.name = settings.name;
    this.masterUsername = settings.masterUsername;
    this.masterPassword = settings.masterPassword;
    this.majorVersion = new TerraformLocal(
      this,
      'local.postgresql_major',
      Fn.element(Fn.split('.', settings.engineVersion), 0),
    ).asString;
    this.passwordIsManaged = this.findPasswordIsManaged(settings);

    const subnetGroup = new DbSubnetGroup(this, 'subnets.aurora', {
      name: `${namePrefix}-aurora-subnet-group`,
      subnetIds,
      tags: withName(tags, `${namePrefix}-aurora-subnet-group`),
    });
    const securityGroup = databaseGroup(this, { ...props, port: this.port });
    this.securityGroupId = securityGroup.id;
    const parameters = new ParameterGroups(this, 'parameters', {
      namePrefix,
      engine: ENGINE,
      majorVersion: this.majorVersion,
      parameters: protection?.parameters ?? [],
      tags,
    });

    this.cluster = new RdsCluster(this, 'cluster.aurora_postgresql', {
      clusterIdentifier: `${namePrefix}-aurora-cluster`,
      engine: ENGINE,
      engineVersion: settings.engineVersion,
      databaseName: settings.name,
      masterUsername: settings.masterUsername,
      ...(settings.masterPassword === undefined ? {} : { masterPassword: settings.masterPassword }),
      manageMasterUserPassword:
        // False is not "off" but an error beside a password: null is.
        this.passwordIsManaged === true ? true : choose(this.passwordIsManaged, true, Token.nullValue()),
      dbSubnetGroupName: subnetGroup.name,
      vpcSecurityGroupIds: [securityGroup.id],
      dbClusterParameterGroupName: parameters.clusterGroupName,
      backupRetentionPeriod: settings.backupRetentionPeriod,
      preferredBackupWindow: settings.backupWindow,
      preferredMaintenanceWindow: settings.maintenanceWindow,
      skipFinalSnapshot: settings.skipFinalSnapshot,
      finalSnapshotIdentifier: Token.asString(
        choose(settings.skipFinalSnapshot, Token.nullValue(), finalSnapshotName(namePrefix)),
      ),
      enabledCloudwatchLogsExports: ['postgresql'],
      tags: withName(tags, `${namePrefix}-aurora-cluster`),
      ...protection?.cluster,
    });
    const monitoringRole = new MonitoringRole(this, 'monitoring', {
      namePrefix,
      partition,
      intervalSeconds: settings.monitoringInterval,
      tags,
    });
    const count = TerraformCount.of(settings.instanceCount);
    const name = `${namePrefix}-aurora-instance-${Token.asString(Op.add(count.index, 1))}`;
    const instances = new RdsClusterInstance(this, 'instances.aurora_instance', {
      count,
      identifier: name,
      clusterIdentifier: this.cluster.id,
      instanceClass: settings.instanceClass,
      engine: this.cluster.engine,
      engineVersion: this.cluster.engineVersion,
      dbParameterGroupName: parameters.instanceGroupName,
      performanceInsightsEnabled: settings.performanceInsightsEnabled,
      monitoringInterval: settings.monitoringInterval,
      monitoringRoleArn: monitoringRole.arnOrNull,
      tags: withName(tags, name),
      ...protection?.instances,
    });

    this.clusterId = this.cluster.id;
    this.endpoint = this.cluster.endpoint;
    this.readerEndpoint = this.cluster.readerEndpoint;
    this.instanceIds = Token.asString(propertyAccess(instances.fqn, ['*', 'id']));
    this.instanceEndpoints = Token.asString(propertyAccess(instances.fqn, ['*', 'endpoint']));
  }

  /** Lets a bastion's group in; the rule belongs to the bastion. */
  allowFrom(bastion: Construct, group: SecurityGroup): void {
    new SecurityGroupRule(bastion, 'rule.aurora_from_bastion', {
      type: 'ingress',
      securityGroupId: this.securityGroupId,
      description: 'PostgreSQL from Bastion ECS',
      protocol: 'tcp',
      fromPort: this.port,
      toPort: this.port,
      sourceSecurityGroupId: group.id,
    });
  }

  private findPasswordIsManaged({ masterPassword }: DatabaseSettings): string | true {
    if (masterPassword === undefined) return true;
    // A count may not depend on a secret; whether there is a password is none.
    const isManaged: unknown = Fn.nonsensitive(Op.eq(masterPassword, Token.nullValue()));
    return new TerraformLocal(this, 'local.password_is_managed', isManaged).asString;
  }
}

/** A name of its own for each plan, since a snapshot outlives its cluster. */
function finalSnapshotName(namePrefix: string): string {
  return Fn.join('-', [namePrefix, 'aurora-final-snapshot', Fn.formatdate('YYYY-MM-DD-hhmm', Fn.timestamp())]);
}
