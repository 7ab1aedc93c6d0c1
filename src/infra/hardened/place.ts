import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import type { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import type { Construct } from 'constructs';

/** Where the stack stands: what the ARNs of what it does not make itself are built from. */
export interface Place {
  /** `aws`, or `aws-us-gov` and the like. */
  readonly partition: string;
  /** `amazonaws.com`, or that of another partition. */
  readonly dnsSuffix: string;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
}

export function placeOf(scope: Construct, { partition, dnsSuffix }: DataAwsPartition, region: string): Place {
  const { accountId: account } = new DataAwsCallerIdentity(scope, 'identity.current');
  return { partition, dnsSuffix, region, account };
}

/** The ARN of something of this account in this region. */
export function arnOf({ partition, region, account }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** The ARN of a role of this account. */
export function roleArn({ partition, account }: Place, name: string): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}
