import {
  type ContainerDefinition,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { AwsCallError, awsCall, awsErrorName } from './errors';
import { CONTAINER_NAME } from './task';

/** @param name family or ARN. @throws UserError when there is none */
export async function describeTaskDefinition(
  ecs: ECSClient,
  name: string,
  signal: AbortSignal,
): Promise<TaskDefinition> {
  try {
    const { taskDefinition } = await awsCall('ecs:DescribeTaskDefinition', () =>
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }), { abortSignal: signal }),
    );
    return taskDefinition ?? {};
  } catch (error) {
    if (!(error instanceof AwsCallError) || awsErrorName(error) !== 'ClientException') throw error;
    throw new UserError(
      `There is no task definition ${name} in this region and account`,
      'Deploy the stack (`npx cdktf deploy`), or name another with --cluster, --region or --profile',
      { cause: error },
    );
  }
}

/** @throws UserError when the definition has no container of the bastion's name */
export function bastionDefinition({ containerDefinitions = [], family = '' }: TaskDefinition): ContainerDefinition {
  const container = containerDefinitions.find(({ name }) => name === CONTAINER_NAME);
  if (container !== undefined) return container;
  throw new UserError(
    `The task definition ${family} has no container ${CONTAINER_NAME}`,
    'Deploy the stack (`npx cdktf deploy`), or name another cluster with --cluster',
  );
}

/** Where a task's output goes; undefined without the awslogs driver. */
export function logStream(
  container: ContainerDefinition,
  taskId: string,
): { readonly group: string; readonly stream: string } | undefined {
  const { logDriver, options } = container.logConfiguration ?? {};
  const group = options?.['awslogs-group'];
  if (logDriver !== 'awslogs' || group === undefined) return undefined;
  return { group, stream: `${options?.['awslogs-stream-prefix'] ?? 'ecs'}/${CONTAINER_NAME}/${taskId}` };
}

const KEYS = /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/;

/** What in a container's definition keeps the exec agent from connecting, as AWS documents it; undefined: nothing. */
export function agentObstacle({
  readonlyRootFilesystem,
  environment = [],
  secrets = [],
}: ContainerDefinition): { readonly cause: string; readonly remedy: string } | undefined {
  if (readonlyRootFilesystem === true) {
    return {
      cause: 'its root file system is read-only, and the agent has to write',
      remedy: 'Set readonlyRootFilesystem to false in the task definition, and deploy',
    };
  }
  const key = [...environment, ...secrets].find(({ name }) => KEYS.test(name ?? ''))?.name;
  if (key === undefined) return undefined;
  return {
    cause: `${key} stands in its environment, and the agent takes it instead of the task role`,
    remedy: `Take ${key} out of the container's environment, and deploy`,
  };
}
