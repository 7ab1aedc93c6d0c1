import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { type IResolvable, TerraformCount } from 'cdktf';
import { Construct } from 'constructs';
import { CONTAINER_NAME } from './container';
import { oneIf } from './expressions';

/** What the outputs tell of a bastion. */
export interface BastionFacts {
  readonly containerName: string;
  readonly clusterName: string;
  readonly taskDefinitionArn: string;
  readonly taskDefinitionFamily: string;
  readonly securityGroupId: string;
  readonly logGroupName: string;
  readonly subnetIds: string[];
}

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

export interface BastionTaskProps {
  readonly namePrefix: string;
  readonly cluster: EcsCluster;
  readonly roles: { readonly execution: IamRole; readonly task: IamRole };
  readonly securityGroup: SecurityGroup;
  readonly logGroup: CloudwatchLogGroup;
  readonly subnetIds: string[];
  /** JSON. */
  readonly containerDefinitions: string;
  readonly settings: BastionSettings;
  readonly tags: Record<string, string>;
}

/** The task definition of the bastion, and on request a service that keeps its tasks running. */
export class BastionTask extends Construct {
  readonly facts: BastionFacts;

  constructor(scope: Construct, id: string, props: BastionTaskProps) {
    super(scope, id);
    const { namePrefix, cluster, roles, securityGroup, logGroup, subnetIds, settings, tags } = props;
    const taskDefinition = new EcsTaskDefinition(this, 'task.bastion', {
      family: `${namePrefix}-bastion`,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: settings.cpu,
      memory: settings.memory,
      executionRoleArn: roles.execution.arn,
      taskRoleArn: roles.task.arn,
      containerDefinitions: props.containerDefinitions,
      tags,
    });
    new EcsService(this, 'service.bastion', {
      count: TerraformCount.of(oneIf(settings.enableService)),
      name: `${namePrefix}-bastion-service`,
      cluster: cluster.id,
      taskDefinition: taskDefinition.arn,
      desiredCount: settings.serviceDesiredCount,
      launchType: 'FARGATE',
      enableExecuteCommand: true,
      networkConfiguration: { subnets: subnetIds, securityGroups: [securityGroup.id], assignPublicIp: false },
      tags,
    });
    this.facts = {
      containerName: CONTAINER_NAME,
      clusterName: cluster.name,
      taskDefinitionArn: taskDefinition.arn,
      taskDefinitionFamily: taskDefinition.family,
      securityGroupId: securityGroup.id,
      logGroupName: logGroup.name,
      subnetIds,
    };
  }
}
