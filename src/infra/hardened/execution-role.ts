import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import type { Construct } from 'constructs';
import { policyDocument } from '../service-role';
import type { Names } from './names';
import { type Place } from './place';
import { taskServiceRole } from './task-service-role';

export interface ExecutionRoleProps {
  readonly namePrefix: string;
  readonly place: Place;
  readonly names: Names;
  readonly repositoryArn: string;
  readonly logGroupArn: string;
  readonly passwordSecretArn: string;
  /** Key of the secret that RDS keeps. */
  readonly dataKeyArn: string;
  readonly tags: Record<string, string>;
}

/** What ECS may do to start the task: pull its image, read its password, write its log. */
export function executionRole(scope: Construct, props: ExecutionRoleProps): IamRole {
  const { namePrefix, place, names, repositoryArn, logGroupArn, passwordSecretArn, dataKeyArn, tags } = props;
  const role = taskServiceRole(scope, 'task_execution', { name: names.executionRole, place, tags });
  new IamRolePolicy(scope, 'policy.task_execution', {
    name: `${namePrefix}-bastion-execution-policy`,
    role: role.id,
    policy: policyDocument([
      // The token is for the whole registry: this action knows no resources.
      { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Effect: 'Allow',
        // The last two are what a pull through cache asks of whoever pulls a tag first.
        Action: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:GetDownloadUrlForLayer',
          'ecr:BatchImportUpstreamImage',
          'ecr:CreateRepository',
        ],
        Resource: repositoryArn,
      },
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${logGroupArn}:*` },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: passwordSecretArn },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: dataKeyArn,
        Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${place.region}.${place.dnsSuffix}` } },
      },
    ]),
  });
  return role;
}
