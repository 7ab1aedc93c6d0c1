import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { Construct } from 'constructs';

export interface LogGroupProps {
  readonly name: string;
  readonly kmsKeyId: string;
  readonly tags: Record<string, string>;
}

/** A year, what auditors commonly ask for. */
export const LOG_RETENTION_DAYS = 365;

/** An encrypted log group that keeps its records for a year. */
export function encryptedLogGroup(scope: Construct, id: string, props: LogGroupProps): CloudwatchLogGroup {
  return new CloudwatchLogGroup(scope, `logs.${id}`, { ...props, retentionInDays: LOG_RETENTION_DAYS });
}
