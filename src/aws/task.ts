import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { awsCall, awsErrorName } from './errors';

export const CONTAINER_NAME = 'bastion';

/** Where a bastion task runs. */
export interface BastionNetwork {
  readonly cluster: string;
  /** Family or ARN of the task definition. */
  readonly taskDefinition: string;
  readonly subnets: readonly string[];
  readonly securityGroup: string;
}

/** A task by its cluster and ARN or id. */
export interface TaskReference {
  readonly cluster: string;
  readonly taskArn: string;
}

export class TaskStoppedError extends UserError {}

/** ECS reports a task's state with a delay of about a second; asking more often only costs calls. */
const POLL_INTERVAL_MS = 500;
const READY_TIMEOUT_MS = 5 * 60_000;
const UNKNOWN_TASK_GRACE_MS = 3_000;
const STOP_ATTEMPTS = 5;

/**
 * Starts a one-off Fargate task. It takes no signal: once ECS has the request, the task must become known, or nobody
 * could stop it. A retried request starts one task (`clientToken`).
 * @throws UserError when ECS has no room for it or refuses it
 */
export async function runTask(ecs: ECSClient, network: BastionNetwork): Promise<TaskReference> {
  const { tasks = [], failures = [] } = await awsCall('ecs:RunTask', () =>
    ecs.send(
      new RunTaskCommand({
        cluster: network.cluster,
        taskDefinition: network.taskDefinition,
        launchType: 'FARGATE',
        count: 1,
        enableExecuteCommand: true,
        clientToken: randomUUID(),
        startedBy: 'aurora-bastion',
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: [...network.subnets],
            securityGroups: [network.securityGroup],
            assignPublicIp: 'DISABLED',
          },
        },
      }),
    ),
  );
  const taskArn = tasks[0]?.taskArn;
  if (taskArn === undefined) {
    const reason = failures.map((failure) => [failure.reason, failure.detail].filter(Boolean).join(': ')).join('; ');
    throw new UserError(`ECS did not start the task: ${reason || 'no reason was given'}`, 'Try again in a minute');
  }
  return { cluster: network.cluster, taskArn };
}

/** Stops a task, trying a few times; a task that is gone counts as stopped. @throws UserError with the command to use */
export async function stopTask(ecs: ECSClient, task: TaskReference, region: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ecs.send(
        new StopTaskCommand({ cluster: task.cluster, task: task.taskArn, reason: 'The bastion session has ended' }),
      );
      return;
    } catch (error) {
      if (isUnknownTask(error)) return;
      if (attempt < STOP_ATTEMPTS) {
        await sleep(200 * 2 ** attempt);
        continue;
      }
      throw new UserError(
        `The task ${taskId(task)} could not be stopped and still runs`,
        `Stop it with: aws ecs stop-task --cluster ${task.cluster} --task ${taskId(task)} --region ${region}`,
        { cause: error },
      );
    }
  }
}

/**
 * Waits until the task runs and its exec agent is connected.
 * @throws TaskStoppedError when it stops instead, with ECS's reason
 */
export async function waitUntilReady(ecs: ECSClient, task: TaskReference, signal: AbortSignal): Promise<Task> {
  const startedAt = Date.now();
  const deadline = startedAt + READY_TIMEOUT_MS;
  for (;;) {
    const found = await describeTask(ecs, task, signal);
    if (found === undefined) {
      // ECS may not know a task yet that it has just started.
      if (Date.now() - startedAt > UNKNOWN_TASK_GRACE_MS) throw unknownTask(task);
      await sleep(POLL_INTERVAL_MS, undefined, { signal });
      continue;
    }
    if (found.lastStatus === 'STOPPED' || found.desiredStatus === 'STOPPED') throw stopped(task, found);
    if (!found.enableExecuteCommand) {
      throw new UserError(
        `ECS Exec is not enabled on the task ${taskId(task)}`,
        'Start one with it: leave --task away, or set enable_execute_command on the service',
      );
    }
    if (found.lastStatus === 'RUNNING' && agentIsRunning(found)) return found;
    if (Date.now() > deadline) {
      const agent = found.lastStatus === 'RUNNING' ? ', but its exec agent is not connected' : '';
      throw new UserError(
        `The task ${taskId(task)} is ${found.lastStatus ?? 'unknown'}${agent} after ${READY_TIMEOUT_MS / 60_000} minutes`,
        'Check that the subnets reach ssmmessages (endpoint or NAT) and that the task role allows ssmmessages',
      );
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal });
  }
}

/** The newest running task of a service. @throws UserError when there is none */
export async function findServiceTask(
  ecs: ECSClient,
  cluster: string,
  serviceName: string,
  signal: AbortSignal,
): Promise<TaskReference> {
  try {
    const { taskArns = [] } = await awsCall('ecs:ListTasks', () =>
      ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: 'RUNNING' }), { abortSignal: signal }),
    );
    const [taskArn] = taskArns;
    if (taskArn !== undefined) return { cluster, taskArn };
  } catch (error) {
    if (awsErrorName(error) !== 'ServiceNotFoundException') throw error;
    throw new UserError(
      `There is no service ${serviceName} in the cluster ${cluster}`,
      'Deploy with --var bastion_enable_service=true, or leave --service away',
      { cause: error },
    );
  }
  throw new UserError(
    `The service ${serviceName} has no running task`,
    'It may be starting: try again in a minute. Else look at its events in ECS and at bastion_service_desired_count',
  );
}

/** How SSM names a task's container: `ecs:<cluster>_<task id>_<runtime id>`. */
export function sessionTarget({ clusterArn = '', taskArn = '', containers = [] }: Task): string {
  const runtimeId = containers.find(({ name }) => name === CONTAINER_NAME)?.runtimeId ?? '';
  return `ecs:${lastPart(clusterArn)}_${lastPart(taskArn)}_${runtimeId}`;
}

/** The last part of the ARN. */
export function taskId({ taskArn }: TaskReference): string {
  return lastPart(taskArn);
}

async function describeTask(ecs: ECSClient, task: TaskReference, signal: AbortSignal): Promise<Task | undefined> {
  const { tasks = [] } = await awsCall('ecs:DescribeTasks', () =>
    ecs.send(new DescribeTasksCommand({ cluster: task.cluster, tasks: [task.taskArn] }), { abortSignal: signal }),
  );
  return tasks[0];
}

function unknownTask(task: TaskReference): UserError {
  return new UserError(
    `There is no task ${taskId(task)} in the cluster ${task.cluster}`,
    `List the running ones with: aws ecs list-tasks --cluster ${task.cluster}`,
  );
}

function agentIsRunning(task: Task): boolean {
  const container = task.containers?.find(({ name }) => name === CONTAINER_NAME);
  return (
    container?.managedAgents?.some(
      ({ name, lastStatus }) => name === 'ExecuteCommandAgent' && lastStatus === 'RUNNING',
    ) === true
  );
}

function stopped(task: TaskReference, found: Task): TaskStoppedError {
  const container = found.containers?.find(({ name }) => name === CONTAINER_NAME);
  const exit = container?.exitCode === undefined ? undefined : `the container exited with code ${container.exitCode}`;
  const reasons = [found.stoppedReason, container?.reason, exit].filter((reason) => reason !== undefined);
  return new TaskStoppedError(
    `The task ${taskId(task)} has stopped: ${reasons.join('; ') || 'no reason was given'}`,
    'Its log, if it got that far, is in the log group of the bastion in CloudWatch Logs',
  );
}

function isUnknownTask(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'InvalidParameterException' && /task was not found/i.test(error.message)
  );
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
