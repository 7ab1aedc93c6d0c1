import { DescribeTasksCommand, type ECSClient, ListTasksCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { BASTION_TAGS } from './bastion-tags';
import { AwsCallError, awsCall, awsErrorName } from './errors';
import { CONTAINER_NAME, type TaskReference } from './task';

/** Where a bastion task runs. */
export interface BastionNetwork {
  readonly cluster: string;
  /** Family or ARN of the task definition. */
  readonly taskDefinition: string;
  readonly subnets: readonly string[];
  readonly securityGroup: string;
}

export interface NewTask {
  readonly network: BastionNetwork;
  /** Of the container, in the place of the definition's. */
  readonly command: readonly string[];
  /** At most 128 letters, digits, `-`, `_` and `/`. */
  readonly startedBy: string;
  readonly tags: Readonly<Record<string, string>>;
  /** At most 64 characters: what makes a retried request start one task. */
  readonly clientToken: string;
}

/** ECS's own words, for a task that it did not start, in ours. */
const REFUSALS: readonly (readonly [said: RegExp, message: string, remedy: string])[] = [
  [
    /^RESOURCE:ENI|network interface/i,
    'There is no network interface left for it',
    'Stop tasks that nobody needs (`npm run connect -- status`), or ask AWS for a higher limit of interfaces',
  ],
  [/^RESOURCE:|capacity is unavailable/i, 'Fargate has no capacity for it', 'Try again in a minute'],
  [
    /reached the limit|LimitExceeded|concurrent/i,
    'The limit of Fargate tasks or vCPUs of the account is reached',
    'Stop tasks that nobody needs, or ask AWS for more in Service Quotas (Fargate On-Demand vCPU)',
  ],
  [
    /task ?definition (was )?not found|unable to (find|describe) task ?definition|does not exist.*task definition/i,
    'Its task definition does not exist',
    'Deploy the stack (`npx cdktf deploy`), or name another with --cluster, --region or --profile',
  ],
  [
    /subnets?.*(not exist|not found|invalid)|InvalidSubnet/i,
    'One of its subnets does not exist any more',
    'The outputs are older than the network: deploy the stack again, or pass --outputs with a newer file',
  ],
  [
    /security ?group.*(not exist|not found|invalid)|InvalidGroup/i,
    'Its security group does not exist any more',
    'The outputs are older than the network: deploy the stack again, or pass --outputs with a newer file',
  ],
  [
    /unable to assume the (service linked )?role|role.*(not exist|invalid)/i,
    'ECS cannot take on its role',
    'Deploy the stack again: a role of the task definition is missing or does not trust ecs-tasks.amazonaws.com',
  ],
];

/**
 * Starts a one-off Fargate task. It takes no signal: once ECS has the request, the task must become known, or nobody
 * could stop it. A retried request starts one task, and one whose answer was lost is looked for.
 * @throws UserError when ECS has no room for it or refuses it
 */
export async function runTask(ecs: ECSClient, task: NewTask): Promise<TaskReference> {
  try {
    return await requestTask(ecs, task);
  } catch (error) {
    if (isRefusal(error)) throw explained(error);
    const started = await findStarted(ecs, task).catch((): undefined => undefined);
    if (started !== undefined) return started;
    throw error;
  }
}

async function requestTask(
  ecs: ECSClient,
  { network, command, startedBy, tags, clientToken }: NewTask,
): Promise<TaskReference> {
  const { cluster, taskDefinition, subnets, securityGroup } = network;
  const { tasks = [], failures = [] } = await awsCall('ecs:RunTask', () =>
    ecs.send(
      new RunTaskCommand({
        cluster,
        taskDefinition,
        launchType: 'FARGATE',
        count: 1,
        enableExecuteCommand: true,
        clientToken,
        startedBy,
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        overrides: { containerOverrides: [{ name: CONTAINER_NAME, command: [...command] }] },
        networkConfiguration: {
          awsvpcConfiguration: { subnets: [...subnets], securityGroups: [securityGroup], assignPublicIp: 'DISABLED' },
        },
      }),
    ),
  );
  const taskArn = tasks[0]?.taskArn;
  if (taskArn !== undefined) return { cluster, taskArn, isNew: true };
  const reason = failures.map((failure) => [failure.reason, failure.detail].filter(Boolean).join(': ')).join('; ');
  throw refused(reason || 'no reason was given');
}

/** Whether ECS has decided; else nobody knows whether there is a task now. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return error instanceof UserError;
  const status: unknown = (error.cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata
    ?.httpStatusCode;
  return typeof status === 'number' && status < 500 && awsErrorName(error) !== 'ThrottlingException';
}

function explained(error: unknown): unknown {
  const name = awsErrorName(error) ?? '';
  if (!(error instanceof AwsCallError) || !/^(ClientException|InvalidParameter|LimitExceeded)/.test(name)) return error;
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  return refused(`${said} (${name})`, error);
}

function refused(reason: string, cause?: unknown): UserError {
  const [, message, remedy = 'Try again in a minute'] = REFUSALS.find(([said]) => said.test(reason)) ?? [];
  const because = message === undefined ? reason : `${message} (${reason})`;
  return new UserError(`ECS did not start the task: ${because}`, remedy, { cause });
}

async function findStarted(ecs: ECSClient, { network, startedBy, tags }: NewTask): Promise<TaskReference | undefined> {
  const { cluster } = network;
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, startedBy }));
  if (taskArns.length === 0) return undefined;
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns, include: ['TAGS'] }));
  const ours = tasks.find((task) =>
    task.tags?.some(({ key, value }) => key === BASTION_TAGS.start && value === tags[BASTION_TAGS.start]),
  );
  return ours?.taskArn === undefined ? undefined : { cluster, taskArn: ours.taskArn, isNew: true };
}
