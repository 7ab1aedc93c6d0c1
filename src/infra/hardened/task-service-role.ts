import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { Construct } from 'constructs';
import { policyDocument } from '../service-role';
import { arnOf, type Place } from './place';

export interface TaskServiceRoleProps {
  readonly name: string;
  readonly place: Place;
  readonly tags: Record<string, string>;
}

/** A role that ECS takes on for tasks of this account and region alone, and for nobody who asks through ECS from another. */
export function taskServiceRole(scope: Construct, id: string, { name, place, tags }: TaskServiceRoleProps): IamRole {
  return new IamRole(scope, `role.${id}`, {
    name,
    assumeRolePolicy: policyDocument([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'ecs-tasks.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': place.account },
          ArnLike: { 'aws:SourceArn': arnOf(place, 'ecs', '*') },
        },
      },
    ]),
    tags,
  });
}
