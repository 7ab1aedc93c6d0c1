import { DescribeClustersCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { type AwsAccess, kmsClient } from './clients';
import { awsCall } from './errors';

/** The ARN of the key that encrypts the cluster's sessions; undefined without one. */
export async function sessionKey(
  access: AwsAccess,
  ecs: ECSClient,
  cluster: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { clusters = [] } = await awsCall('ecs:DescribeClusters', () =>
    ecs.send(new DescribeClustersCommand({ clusters: [cluster], include: ['CONFIGURATIONS'] }), {
      abortSignal: signal,
    }),
  );
  const key = clusters[0]?.configuration?.executeCommandConfiguration?.kmsKeyId;
  if (key === undefined || key === '' || key.includes(':key/')) return key === '' ? undefined : key;
  // An id or an alias, which a policy cannot name.
  const { KeyMetadata } = await awsCall('kms:DescribeKey', () =>
    kmsClient(access).send(new DescribeKeyCommand({ KeyId: key }), { abortSignal: signal }),
  );
  return KeyMetadata?.Arn;
}
