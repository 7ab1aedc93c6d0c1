import { IamRole, type IamRoleConfig } from '@cdktf/provider-aws/lib/iam-role';
import { Fn } from 'cdktf';
import type { Construct } from 'constructs';

/** A role that one AWS service, and nobody else, takes on. */
export function serviceRole(
  scope: Construct,
  id: string,
  { service, ...config }: Omit<IamRoleConfig, 'assumeRolePolicy'> & { readonly service: string },
): IamRole {
  return new IamRole(scope, id, {
    ...config,
    assumeRolePolicy: policyDocument([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: service } }]),
  });
}

/** An IAM policy as Terraform writes it by hand: `jsonencode({ Version = …, Statement = […] })`. */
export function policyDocument(statements: readonly Record<string, unknown>[]): string {
  return Fn.jsonencode({ Version: '2012-10-17', Statement: statements });
}

/** A policy that AWS keeps. @param partition `aws`, or `aws-us-gov` and the like */
export function awsPolicyArn(partition: string, name: string): string {
  return `arn:${partition}:iam::aws:policy/service-role/${name}`;
}

/** What the exec agent opens its channels with; these actions know no resources. */
export const EXEC_CHANNELS = {
  Effect: 'Allow',
  Action: [
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  Resource: '*',
};
