import { Fn, TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import { type OutputName, OUTPUT_NAMES, OUTPUTS_CONSTRUCT } from '../outputs';
import type { BastionFacts } from './bastion-task';
import type { Database } from './database';
import type { Network } from './network';

export interface OutputsProps {
  readonly network: Network;
  readonly database: Database;
  readonly bastion: BastionFacts;
}

/** What the helper and its users read; names and values of the existing system. */
export function declareOutputs(scope: Construct, { network, database, bastion }: OutputsProps): void {
  const subnets = Fn.join(',', bastion.subnetIds);
  const outputs: Readonly<Record<OutputName, { readonly value: unknown; readonly description: string }>> = {
    vpc_id: { value: network.vpcId, description: 'Id of the VPC' },
    public_subnets: { value: network.publicSubnets, description: 'Public subnets by availability zone' },
    private_subnets: { value: network.privateSubnets, description: 'Private subnets by availability zone' },
    aurora_cluster_id: { value: database.clusterId, description: 'Identifier of the Aurora cluster' },
    aurora_cluster_endpoint: { value: database.endpoint, description: 'Host name of the writer' },
    aurora_cluster_reader_endpoint: { value: database.readerEndpoint, description: 'Host name of the readers' },
    aurora_instance_ids: { value: database.instanceIds, description: 'Identifiers of the Aurora instances' },
    aurora_instance_endpoints: { value: database.instanceEndpoints, description: 'Host names of the Aurora instances' },
    aurora_security_group_id: { value: database.securityGroupId, description: 'Security group of the database' },
    bastion_cluster_name: { value: bastion.clusterName, description: 'ECS cluster of the bastion' },
    bastion_task_definition_arn: {
      value: bastion.taskDefinitionArn,
      description: 'Task definition, with its revision',
    },
    bastion_task_definition_family: {
      value: bastion.taskDefinitionFamily,
      description: 'Family of the task definition',
    },
    bastion_security_group_id: { value: bastion.securityGroupId, description: 'Security group of bastion tasks' },
    bastion_log_group_name: { value: bastion.logGroupName, description: 'Log group of bastion tasks' },
    bastion_connect_command: {
      value: awsCommand('execute-command', [
        `--cluster ${bastion.clusterName}`,
        '--task <TASK_ID>',
        `--container ${bastion.containerName}`,
        '--interactive',
        '--command "/bin/sh"',
      ]),
      description: 'Connects to a running task with the AWS CLI',
    },
    bastion_run_task_command: {
      value: awsCommand('run-task', [
        `--cluster ${bastion.clusterName}`,
        `--task-definition ${bastion.taskDefinitionFamily}`,
        `--network-configuration "awsvpcConfiguration={subnets=[${subnets}],securityGroups=[${bastion.securityGroupId}],assignPublicIp=DISABLED}"`,
        '--enable-execute-command',
        '--launch-type FARGATE',
      ]),
      description: 'Starts a task with the AWS CLI',
    },
  };
  const parent = new Construct(scope, OUTPUTS_CONSTRUCT);
  for (const name of OUTPUT_NAMES) new TerraformOutput(parent, name, outputs[name]);
}

/** A command of several lines, ended by a line feed, as the existing system's outputs have it. */
function awsCommand(subcommand: string, options: readonly string[]): string {
  return `aws ecs ${[subcommand, ...options].join(' \\\n  ')}\n`;
}
