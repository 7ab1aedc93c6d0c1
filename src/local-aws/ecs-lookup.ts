import { AwsError, type Json, type MotoClient, record, records, text } from './aws-api';
import type { Tasks } from './tasks';

export const ECS_PREFIX = 'AmazonEC2ContainerServiceV20141113.';

/** What the calls of ECS look at: moto for what is defined, our tasks for what runs. */
export interface EcsContext {
  readonly moto: MotoClient;
  readonly tasks: Tasks;
}

/** @param name name or ARN. @throws AwsError when there is no such cluster */
export async function describeCluster(moto: MotoClient, name = 'default', region: string): Promise<Json> {
  const { clusters } = await moto.json('ecs', region, `${ECS_PREFIX}DescribeClusters`, {
    clusters: [name],
    include: ['CONFIGURATIONS'],
  });
  const [cluster] = records(clusters);
  if (cluster === undefined) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}

export async function clusterArn(moto: MotoClient, name: unknown, region: string): Promise<string> {
  return text((await describeCluster(moto, text(name), region)).clusterArn) ?? '';
}

/** The KMS key with which a cluster has its sessions encrypted. */
export async function sessionKeyId(moto: MotoClient, cluster: string, region: string): Promise<string | undefined> {
  const configuration = record((await describeCluster(moto, cluster, region)).configuration);
  const keyId = text(record(configuration?.executeCommandConfiguration)?.kmsKeyId);
  return keyId === '' ? undefined : keyId;
}

/** @param name family, `family:revision` or ARN */
export async function describeTaskDefinition(moto: MotoClient, name: string, region: string): Promise<Json> {
  const answer = await moto.json('ecs', region, `${ECS_PREFIX}DescribeTaskDefinition`, { taskDefinition: name });
  return record(answer.taskDefinition) ?? {};
}

/** @throws AwsError when the cluster has no such service */
export async function requireService(
  moto: MotoClient,
  cluster: string,
  service: string,
  region: string,
): Promise<void> {
  const answer = await moto.json('ecs', region, `${ECS_PREFIX}DescribeServices`, { cluster, services: [service] });
  if (records(answer.services).length === 0) throw new AwsError('ServiceNotFoundException', 'Service not found.');
}
