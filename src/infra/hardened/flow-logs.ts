import { FlowLog } from '@cdktf/provider-aws/lib/flow-log';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { policyDocument, serviceRole } from '../service-role';
import { encryptedLogGroup } from './log-group';
import type { Names } from './names';

export interface FlowLogsProps {
  readonly namePrefix: string;
  readonly vpcId: string;
  readonly names: Names;
  readonly kmsKeyId: string;
  readonly tags: Record<string, string>;
}

/** A record of every connection in the VPC, let through or not. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, { namePrefix, vpcId, names, kmsKeyId, tags }: FlowLogsProps) {
    super(scope, id);
    const group = encryptedLogGroup(this, 'flows', { name: names.logGroups.flows, kmsKeyId, tags });
    const role = serviceRole(this, 'role.flow_logs', {
      name: `${namePrefix}-flow-logs-role`,
      service: 'vpc-flow-logs.amazonaws.com',
      tags,
    });
    new IamRolePolicy(this, 'policy.flow_logs', {
      name: `${namePrefix}-flow-logs-policy`,
      role: role.id,
      policy: policyDocument([
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Resource: `${group.arn}:*`,
        },
      ]),
    });
    new FlowLog(this, 'flows.main', {
      vpcId,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: group.arn,
      iamRoleArn: role.arn,
      tags,
    });
  }
}
