import type { Container, Task } from '@aws-sdk/client-ecs';

export const CONTAINER_NAME = 'bastion';

/** A task by its cluster and ARN or id. */
export interface TaskReference {
  readonly cluster: string;
  readonly taskArn: string;
  /** Started by us a moment ago, so that ECS may not know it yet. @default it is there, or was never */
  readonly isNew?: boolean;
}

/** The last part of the ARN. */
export function taskId({ taskArn }: { readonly taskArn: string }): string {
  return lastPart(taskArn);
}

/** How SSM names a task's container: `ecs:<cluster>_<task id>_<runtime id>`. */
export function sessionTarget(task: Task): string {
  const { clusterArn = '', taskArn = '' } = task;
  return `ecs:${lastPart(clusterArn)}_${lastPart(taskArn)}_${bastionContainer(task)?.runtimeId ?? ''}`;
}

export function bastionContainer({ containers = [] }: Task): Container | undefined {
  return containers.find(({ name }) => name === CONTAINER_NAME);
}

/** Whether ECS can open sessions in it. */
export function agentStatus(task: Task): string | undefined {
  return bastionContainer(task)?.managedAgents?.find(({ name }) => name === 'ExecuteCommandAgent')?.lastStatus;
}

export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
