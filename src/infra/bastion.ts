import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Construct } from 'constructs';
import { BastionRoles } from './bastion-roles';
import { type BastionFacts, type BastionSettings, BastionTask } from './bastion-task';
import { containerDefinitions, installClient } from './container';
import type { Database } from './database';
import { DatabasePassword } from './database-password';
import { withName } from './tags';

export interface BastionProps {
  readonly namePrefix: string;
  /** AWS partition, which the ARNs of AWS's own policies name. */
  readonly partition: string;
  readonly region: string;
  readonly vpcId: string;
  /** Private subnets with a way to ssmmessages, ECR, S3 and the package repository. */
  readonly subnetIds: string[];
  readonly database: Database;
  readonly settings: BastionSettings;
  readonly tags: Record<string, string>;
}

const LOG_RETENTION_DAYS = 7;

/** An ECS cluster for one-off Fargate tasks with `psql` and ECS Exec, and on request a service that keeps one running. */
export class Bastion extends Construct {
  readonly facts: BastionFacts;

  constructor(scope: Construct, id: string, props: BastionProps) {
    super(scope, id);
    const { namePrefix, partition, region, subnetIds, database, settings, tags } = props;
    const cluster = new EcsCluster(this, 'cluster.bastion', {
      name: `${namePrefix}-bastion-cluster`,
      setting: [{ name: 'containerInsights', value: 'enabled' }],
      tags: withName(tags, `${namePrefix}-bastion-cluster`),
    });
    const logGroup = new CloudwatchLogGroup(this, 'logs.bastion', {
      name: `/ecs/${namePrefix}-bastion`,
      retentionInDays: LOG_RETENTION_DAYS,
      tags: withName(tags, `${namePrefix}-bastion-logs`),
    });
    const password = new DatabasePassword(this, 'password', {
      database,
      secretArn: settings.databasePasswordSecretArn,
    });
    const roles = new BastionRoles(this, 'roles', { namePrefix, partition, logGroupArn: logGroup.arn, password, tags });
    const securityGroup = this.addSecurityGroup(props);
    const definitions = containerDefinitions({
      image: settings.image,
      command: installClient(this, database),
      database,
      password,
      logGroupName: logGroup.name,
      region,
    });
    this.facts = new BastionTask(this, 'task', {
      namePrefix,
      cluster,
      roles,
      securityGroup,
      logGroup,
      subnetIds,
      containerDefinitions: definitions,
      settings,
      tags,
    }).facts;
  }

  /** A group that nothing may enter; the database lets it in. */
  private addSecurityGroup({ namePrefix, vpcId, database, tags }: BastionProps): SecurityGroup {
    const name = `${namePrefix}-bastion-sg`;
    const group = new SecurityGroup(this, 'group.bastion', {
      vpcId,
      name,
      description: 'Security group for Bastion ECS task',
      egress: [
        {
          description: 'PostgreSQL to Aurora',
          protocol: 'tcp',
          fromPort: database.port,
          toPort: database.port,
          securityGroups: [database.securityGroupId],
        },
        {
          description: 'Allow all outbound traffic',
          protocol: '-1',
          fromPort: 0,
          toPort: 0,
          cidrBlocks: ['0.0.0.0/0'],
        },
      ],
      tags: withName(tags, name),
    });
    database.allowFrom(this, group);
    return group;
  }
}
