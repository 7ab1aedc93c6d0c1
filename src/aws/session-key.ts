import { DescribeClustersCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { type AwsAccess, kmsClient } from './clients';
import { AwsCallError, awsCall, awsErrorName, DENIED } from './errors';

/** The ARN of the key that encrypts the cluster's sessions; undefined without one. */
export async function sessionKey(
  access: AwsAccess,
  ecs: ECSClient,
  cluster: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const key = await configuredKey(ecs, cluster, signal);
  if (key === undefined || key.includes(':key/')) return key;
  // An id or an alias, which a policy cannot name.
  const { KeyMetadata } = await awsCall('kms:DescribeKey', () =>
    kmsClient(access).send(new DescribeKeyCommand({ KeyId: key }), { abortSignal: signal }),
  );
  return KeyMetadata?.Arn;
}

/** Whether the cluster has its sessions of ECS Exec encrypted. False as well for those who may not look at the cluster. */
export async function isEncrypting(ecs: ECSClient, cluster: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await configuredKey(ecs, cluster, signal)) !== undefined;
  } catch (error) {
    if (error instanceof AwsCallError && DENIED.includes(awsErrorName(error) ?? '')) return false;
    throw error;
  }
}

/** As the cluster names it: id, alias or ARN. */
async function configuredKey(ecs: ECSClient, cluster: string, signal: AbortSignal): Promise<string | undefined> {
  const { clusters = [] } = await awsCall('ecs:DescribeClusters', () =>
    ecs.send(new DescribeClustersCommand({ clusters: [cluster], include: ['CONFIGURATIONS'] }), {
      abortSignal: signal,
    }),
  );
  const key = clusters[0]?.configuration?.executeCommandConfiguration?.kmsKeyId;
  return key === '' ? undefined : key;
}
