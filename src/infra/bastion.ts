import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { SecurityGroupRule } from '@cdktf/provider-aws/lib/security-group-rule';
import { type IResolvable, TerraformCount } from 'cdktf';
import { Construct } from 'constructs';
import { BastionRoles } from './bastion-roles';
import { CONTAINER_NAME, containerDefinitions } from './container';
import type { Database } from './database';
import { DatabasePassword } from './database-password';
import { oneIf } from './expressions';
import { withName } from './tags';

export interface BastionSettings {
  readonly image: string;
  /** CPU units; 1024 are one vCPU. */
  readonly cpu: string;
  /** MiB. */
  readonly memory: string;
  /** Whether a service keeps tasks running. */
  readonly enableService: boolean | IResolvable;
  readonly serviceDesiredCount: number;
  /** The secret that becomes `PGPASSWORD`; empty: the one that RDS keeps. */
  readonly databasePasswordSecretArn: string;
}

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
  readonly containerName = CONTAINER_NAME;
  readonly clusterName: string;
  readonly taskDefinitionArn: string;
  readonly taskDefinitionFamily: string;
  readonly securityGroupId: string;
  readonly logGroupName: string;
  readonly serviceName: string;
  readonly subnetIds: string[];

  constructor(scope: Construct, id: string, props: BastionProps) {
    super(scope, id);
    const { namePrefix, partition, region, vpcId, subnetIds, database, settings, tags } = props;
    this.serviceName = `${namePrefix}-bastion-service`;
    this.subnetIds = subnetIds;

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
    const securityGroup = this.addSecurityGroup(namePrefix, vpcId, database, tags);
    const taskDefinition = new EcsTaskDefinition(this, 'task.bastion', {
      family: `${namePrefix}-bastion`,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: settings.cpu,
      memory: settings.memory,
      executionRoleArn: roles.execution.arn,
      taskRoleArn: roles.task.arn,
      containerDefinitions: containerDefinitions(this, {
        image: settings.image,
        database,
        password,
        logGroupName: logGroup.name,
        region,
      }),
      tags,
    });
    new EcsService(this, 'service.bastion', {
      count: TerraformCount.of(oneIf(settings.enableService)),
      name: this.serviceName,
      cluster: cluster.id,
      taskDefinition: taskDefinition.arn,
      desiredCount: settings.serviceDesiredCount,
      launchType: 'FARGATE',
      enableExecuteCommand: true,
      networkConfiguration: { subnets: subnetIds, securityGroups: [securityGroup.id], assignPublicIp: false },
      tags,
    });

    this.clusterName = cluster.name;
    this.taskDefinitionArn = taskDefinition.arn;
    this.taskDefinitionFamily = taskDefinition.family;
    this.securityGroupId = securityGroup.id;
    this.logGroupName = logGroup.name;
  }

  /** A group that nothing may enter; the database's group lets it in. */
  private addSecurityGroup(
    namePrefix: string,
    vpcId: string,
    database: Database,
    tags: Record<string, string>,
  ): SecurityGroup {
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
    new SecurityGroupRule(this, 'rule.aurora_from_bastion', {
      type: 'ingress',
      securityGroupId: database.securityGroupId,
      description: 'PostgreSQL from Bastion ECS',
      protocol: 'tcp',
      fromPort: database.port,
      toPort: database.port,
      sourceSecurityGroupId: group.id,
    });
    return group;
  }
}
