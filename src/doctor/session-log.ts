import type { Facts } from './facts';

/** Where the exec agent is to write the record of a session. */
export type SessionLog =
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'log';
      readonly group?: string | undefined;
      readonly bucket?: string | undefined;
      /** Begins the names of the objects in the bucket. */
      readonly prefix: string;
      /** The agent opens no session before it has seen that the log is encrypted. */
      readonly isEncrypted: boolean;
    };

/** Some actions on one resource. */
export interface Need {
  readonly actions: readonly string[];
  readonly resource: string;
}

/** By the cluster's execute-command configuration, and where that says nothing, by the container's log driver. */
export async function sessionLog(facts: Facts): Promise<SessionLog> {
  const { configuration } = await facts.cluster();
  const { logging = 'DEFAULT', logConfiguration: log = {} } = configuration?.executeCommandConfiguration ?? {};
  if (logging === 'NONE') return { kind: 'none', why: 'logging is NONE' };
  if (logging !== 'OVERRIDE') {
    const container = await facts.logGroup();
    if (container === undefined) {
      return { kind: 'none', why: 'neither the cluster nor the container names a log group' };
    }
    return { kind: 'log', group: container.name, prefix: '', isEncrypted: false };
  }
  const [group, bucket] = [log.cloudWatchLogGroupName, log.s3BucketName].map((one) => (one === '' ? undefined : one));
  if (group === undefined && bucket === undefined) {
    return { kind: 'none', why: 'logging is OVERRIDE, and names neither log group nor bucket' };
  }
  const isEncrypted =
    (group !== undefined && log.cloudWatchEncryptionEnabled === true) ||
    (bucket !== undefined && log.s3EncryptionEnabled === true);
  return { kind: 'log', group, bucket, prefix: log.s3KeyPrefix ?? '', isEncrypted };
}

/** ECS names its sessions so, and the agent the streams and objects after them. */
const SESSION = 'ecs-execute-command-0';

/**
 * What the task role needs for it, since the agent writes the record in the task's name
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-logging).
 * @param clusterArn tells partition, region and account
 */
export function logNeeds({ group, bucket, prefix }: SessionLog & { kind: 'log' }, clusterArn: string): readonly Need[] {
  const [, partition = '', , region = '', account = ''] = clusterArn.split(':');
  const logs = `arn:${partition}:logs:${region}:${account}:log-group:`;
  const needs: Need[] = [];
  if (group !== undefined) {
    // IAM asks for this right not on the group that is looked for, but on one without a name.
    needs.push({ actions: ['logs:DescribeLogGroups'], resource: `${logs}:log-stream:` });
    needs.push({
      actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      resource: `${logs}${group}:log-stream:${SESSION}`,
    });
  }
  if (bucket !== undefined) {
    const arn = `arn:${partition}:s3:::${bucket}`;
    const folder = prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`;
    needs.push({ actions: ['s3:PutObject'], resource: `${arn}/${folder}${SESSION}.log` });
    needs.push({ actions: ['s3:GetEncryptionConfiguration'], resource: arn });
  }
  return needs;
}
