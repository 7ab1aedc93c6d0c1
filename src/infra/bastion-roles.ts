import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { TerraformCount, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { DatabasePassword } from './database-password';
import { choose } from './expressions';
import { EXEC_CHANNELS, awsPolicyArn, policyDocument, serviceRole } from './service-role';

export interface BastionRolesProps {
  readonly namePrefix: string;
  /** AWS partition, which the ARNs of AWS's own policies name. */
  readonly partition: string;
  readonly logGroupArn: string;
  readonly password: DatabasePassword;
  readonly tags: Record<string, string>;
}

const ECS_TASKS = 'ecs-tasks.amazonaws.com';

/** What ECS may do to start the task (`execution`), and what the task itself may do: talk to SSM and write its log. */
export class BastionRoles extends Construct {
  readonly execution: IamRole;
  readonly task: IamRole;

  constructor(scope: Construct, id: string, { namePrefix, partition, logGroupArn, password, tags }: BastionRolesProps) {
    super(scope, id);
    this.execution = serviceRole(this, 'role.task_execution', {
      name: `${namePrefix}-bastion-execution-role`,
      service: ECS_TASKS,
      tags,
    });
    new IamRolePolicyAttachment(this, 'attachment.task_execution', {
      role: this.execution.name,
      policyArn: awsPolicyArn(partition, 'AmazonECSTaskExecutionRolePolicy'),
    });
    new IamRolePolicy(this, 'policy.task_execution_secret', {
      count: TerraformCount.of(Token.asNumber(choose(password.isInClear, 0, 1))),
      name: `${namePrefix}-bastion-secret-policy`,
      role: this.execution.id,
      policy: policyDocument([
        { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: password.secretArn },
      ]),
    });

    this.task = serviceRole(this, 'role.task', {
      name: `${namePrefix}-bastion-task-role`,
      service: ECS_TASKS,
      tags,
    });
    new IamRolePolicy(this, 'policy.task_ssm', {
      name: `${namePrefix}-bastion-ssm-policy`,
      role: this.task.id,
      policy: policyDocument([
        EXEC_CHANNELS,
        { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${logGroupArn}:*` },
      ]),
    });
  }
}
