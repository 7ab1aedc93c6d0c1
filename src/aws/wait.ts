import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { AwsUnreachableError, awsCall } from './errors';
import { stoppedError } from './stopped-task';
import { agentStatus, bastionContainer, taskId, type TaskReference } from './task';

/** The task runs, but nobody can open a session in it. */
export class AgentError extends UserError {
  constructor(
    message: string,
    remedy: string,
    readonly task: Task,
  ) {
    super(message, remedy);
  }
}

/** A start takes tens of seconds; close to its end a look more often is a prompt sooner. */
const PATIENT_INTERVAL_MS = 1_000;
const NEAR_INTERVAL_MS = 200;
const NEAR = ['ACTIVATING', 'RUNNING'];
export const START_TIMEOUT_MS = 5 * 60_000;
const AGENT_TIMEOUT_MS = 90_000;
/** How long a network may be away. */
const UNREACHABLE_TIMEOUT_MS = 20_000;
/** How long ECS may not know a task that it has just started. */
const UNKNOWN_TASK_GRACE_MS = 3_000;
const AGENT_REMEDY =
  'Its subnets must reach ssmmessages (an endpoint or a NAT gateway) and its task role must allow ssmmessages: npm run connect -- doctor';

/**
 * Waits until the task runs and its exec agent is connected.
 * @param timeoutMs for the whole wait
 * @throws TaskStoppedError when it stops instead, AgentError when its agent does not connect
 */
export async function waitUntilReady(
  ecs: ECSClient,
  task: TaskReference,
  signal: AbortSignal,
  timeoutMs = START_TIMEOUT_MS,
): Promise<Task> {
  const startedAt = Date.now();
  let runningSince: number | undefined;
  let heardAt = startedAt;
  for (;;) {
    const found = await describeTask(ecs, task, signal).catch((error: unknown) => asUnreachable(error));
    const now = Date.now();
    if (found instanceof AwsUnreachableError) {
      if (now - heardAt > UNREACHABLE_TIMEOUT_MS) throw found;
      await sleep(PATIENT_INTERVAL_MS, undefined, { signal });
      continue;
    }
    heardAt = now;
    if (found === undefined) {
      if (task.isNew !== true || now - startedAt > UNKNOWN_TASK_GRACE_MS) throw unknownTask(task);
      await sleep(NEAR_INTERVAL_MS, undefined, { signal });
      continue;
    }
    checkExec(task, found);
    if (found.lastStatus === 'RUNNING') {
      runningSince ??= now;
      if (agentStatus(found) === 'RUNNING') return found;
    }
    checkTime(task, found, { isLate: now - startedAt > timeoutMs, runningMs: now - (runningSince ?? now) });
    const isNear = NEAR.includes(found.lastStatus ?? '');
    await sleep(isNear ? NEAR_INTERVAL_MS : PATIENT_INTERVAL_MS, undefined, { signal });
  }
}

function asUnreachable(error: unknown): AwsUnreachableError {
  if (error instanceof AwsUnreachableError) return error;
  throw error;
}

/** A task with its tags; undefined when ECS does not know it, as an hour after its end. */
export async function describeTask(
  ecs: ECSClient,
  task: TaskReference,
  signal: AbortSignal,
): Promise<Task | undefined> {
  const { tasks = [] } = await awsCall('ecs:DescribeTasks', () =>
    ecs.send(new DescribeTasksCommand({ cluster: task.cluster, tasks: [task.taskArn], include: ['TAGS'] }), {
      abortSignal: signal,
    }),
  );
  return tasks[0];
}

export function unknownTask(task: TaskReference): UserError {
  return new UserError(
    `There is no task ${taskId(task)} in the cluster ${task.cluster}`,
    'See what runs with: npm run connect -- status',
  );
}

function checkExec(task: TaskReference, found: Task): void {
  if (found.lastStatus === 'STOPPED' || found.desiredStatus === 'STOPPED') throw stoppedError(found);
  if (!found.enableExecuteCommand) {
    throw new UserError(
      `ECS Exec is not enabled on the task ${taskId(task)}`,
      'Start one with it: leave --task away, or set enable_execute_command on the service',
    );
  }
}

function checkTime(
  task: TaskReference,
  found: Task,
  { isLate, runningMs }: { readonly isLate: boolean; readonly runningMs: number },
): void {
  const agent = agentStatus(found);
  if (found.lastStatus === 'RUNNING' && agent === 'STOPPED') {
    const reason = bastionContainer(found)?.managedAgents?.[0]?.reason;
    const why = reason === undefined ? '' : ` (${reason})`;
    throw new AgentError(`The exec agent of the task ${taskId(task)} has stopped${why}`, AGENT_REMEDY, found);
  }
  if (!isLate && runningMs <= AGENT_TIMEOUT_MS) return;
  if (found.lastStatus === 'RUNNING') {
    throw new AgentError(
      `The task ${taskId(task)} runs, but its exec agent has not connected for ${Math.round(runningMs / 1000)} s`,
      AGENT_REMEDY,
      found,
    );
  }
  throw new UserError(
    `The task ${taskId(task)} is still ${found.lastStatus ?? 'unknown'}`,
    'Wait longer with --start-timeout, or look for the cause with: npm run connect -- doctor',
  );
}
