import { DescribeTasksCommand, type ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { DescribeSessionsCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { BASTION_TAGS } from './bastion-tags';
import { awsCall } from './errors';
import { agentStatus, sessionTarget, taskId } from './task';

/** A bastion task that runs or starts. */
export interface Bastion {
  readonly taskArn: string;
  readonly id: string;
  /** The ARN of whoever started it; undefined for a service's, and for one that something else started. */
  readonly owner: string | undefined;
  readonly ownerId: string | undefined;
  readonly reason: string | undefined;
  /** When it ends by itself at the latest. */
  readonly expires: Date | undefined;
  readonly service: string | undefined;
  readonly status: string;
  /** Whether sessions can be opened. */
  readonly isReady: boolean;
  readonly createdAt: Date | undefined;
  /** `ecs:<cluster>_<task id>_<runtime id>` */
  readonly target: string;
}

const MOST_DESCRIBED = 100;

/** The tasks of the family and of the service in the cluster that are to run, the oldest first. */
export async function listBastions(
  ecs: ECSClient,
  { cluster, family }: { readonly cluster: string; readonly family: string },
  signal: AbortSignal,
): Promise<readonly Bastion[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await awsCall('ecs:ListTasks', () =>
      ecs.send(new ListTasksCommand({ cluster, family, nextToken }), { abortSignal: signal }),
    );
    arns.push(...(answer.taskArns ?? []));
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  const found: Task[] = [];
  for (let from = 0; from < arns.length; from += MOST_DESCRIBED) {
    const tasks = arns.slice(from, from + MOST_DESCRIBED);
    const answer = await awsCall('ecs:DescribeTasks', () =>
      ecs.send(new DescribeTasksCommand({ cluster, tasks, include: ['TAGS'] }), { abortSignal: signal }),
    );
    found.push(...(answer.tasks ?? []));
  }
  return found
    .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
    .map(describeBastion)
    .toSorted((one, other) => Number(one.createdAt ?? 0) - Number(other.createdAt ?? 0));
}

/** The ids of the open sessions by their target; undefined when that may not be asked. */
export async function openSessions(
  ssm: SSMClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const byTarget = new Map<string, string[]>();
  try {
    let NextToken: string | undefined;
    do {
      const answer = await ssm.send(new DescribeSessionsCommand({ State: 'Active', NextToken }), {
        abortSignal: signal,
      });
      for (const { Target = '', SessionId = '' } of answer.Sessions ?? []) {
        byTarget.set(Target, [...(byTarget.get(Target) ?? []), SessionId]);
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return byTarget;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function describeBastion(task: Task): Bastion {
  const tags = new Map((task.tags ?? []).map(({ key, value }) => [key, value]));
  const expires = tags.get(BASTION_TAGS.expires);
  const { taskArn = '', group = '' } = task;
  return {
    taskArn,
    id: taskId({ taskArn }),
    owner: tags.get(BASTION_TAGS.owner),
    ownerId: tags.get(BASTION_TAGS.ownerId),
    reason: tags.get(BASTION_TAGS.reason),
    expires: expires === undefined || Number.isNaN(Date.parse(expires)) ? undefined : new Date(expires),
    service: group.startsWith('service:') ? group.slice('service:'.length) : undefined,
    status: task.lastStatus ?? 'UNKNOWN',
    isReady: task.lastStatus === 'RUNNING' && agentStatus(task) === 'RUNNING',
    createdAt: task.createdAt,
    target: sessionTarget(task),
  };
}
