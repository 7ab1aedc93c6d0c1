import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import type { Construct } from 'constructs';
import { EXEC_CHANNELS, policyDocument } from '../service-role';
import type { Names } from './names';
import { arnOf, type Place } from './place';
import { taskServiceRole } from './task-service-role';

export interface TaskRoleProps {
  readonly namePrefix: string;
  readonly place: Place;
  readonly names: Names;
  readonly sessionsKeyArn: string;
  readonly sessionsLogGroupArn: string;
  readonly tags: Record<string, string>;
}

/**
 * What a task may do, and with it everybody in a session: what the exec agent needs, and nothing else. The agent
 * decrypts the data key that the client had made; to make one is the client's right, not the task's.
 */
export function taskRole(scope: Construct, props: TaskRoleProps): IamRole {
  const { namePrefix, place, names, sessionsKeyArn, sessionsLogGroupArn, tags } = props;
  const role = taskServiceRole(scope, 'task', { name: names.taskRole, place, tags });
  new IamRolePolicy(scope, 'policy.task_ssm', {
    name: `${namePrefix}-bastion-ssm-policy`,
    role: role.id,
    policy: policyDocument([
      EXEC_CHANNELS,
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: sessionsKeyArn },
      {
        Effect: 'Allow',
        // The agent writes the record of a session itself, and so can whoever is in the task; none of them can delete it.
        Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: `${sessionsLogGroupArn}:*`,
      },
      // Before it does, it looks whether the group is there and encrypted, among all.
      { Effect: 'Allow', Action: 'logs:DescribeLogGroups', Resource: arnOf(place, 'logs', 'log-group:*') },
    ]),
  });
  return role;
}
