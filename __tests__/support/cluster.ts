import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../src/local-aws';
import { caller, endpointOf, temporaryDirectory } from './bastion';
import { type Account, keyOf, signedFetch } from './sign';

const LOG_GROUP = '/ecs/idle';
const LOG_DELIVERY_MS = 600;

/** A local AWS with one ECS cluster and one task definition, `idle`, whose container `main` sleeps. */
export interface Cluster extends AsyncDisposable {
  readonly aws: LocalAws;
  readonly name: string;
}

export async function startCluster(options: Partial<LocalAwsOptions> = {}): Promise<Cluster> {
  const aws = await startLocalAws({ directory: join(temporaryDirectory(), 'aws'), ...options });
  const cluster: Cluster = { aws, name: 'trial', [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
  try {
    await caller(aws)('ecs', 'CreateCluster', { clusterName: cluster.name });
    await call(cluster, 'logs', 'CreateLogGroup', { logGroupName: LOG_GROUP });
    await registerIdle(aws);
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a task of `idle` and waits for its exec agent. @returns the target of its sessions */
export async function startIdleTask({ aws, name }: Cluster): Promise<string> {
  const ecs = caller(aws);
  const { tasks } = (await ecs('ecs', 'RunTask', {
    cluster: name,
    taskDefinition: 'idle',
    launchType: 'FARGATE',
    enableExecuteCommand: true,
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  })) as { tasks: [{ taskArn: string }] };
  const task = tasks[0].taskArn;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const described = (await ecs('ecs', 'DescribeTasks', { cluster: name, tasks: [task] })) as {
      tasks: [{ containers: [{ runtimeId: string; managedAgents: [{ lastStatus: string }] }] }];
    };
    const [{ runtimeId, managedAgents }] = described.tasks[0].containers;
    if (managedAgents[0].lastStatus === 'RUNNING') {
      return `ecs:${name}_${task.slice(task.lastIndexOf('/') + 1)}_${runtimeId}`;
    }
    await sleep(20);
  }
  throw new Error('the agent does not run');
}

const TARGETS = { logs: 'Logs_20140328', secretsmanager: 'secretsmanager', ssm: 'AmazonSSM' } as const;

/** Calls a JSON service by its own name; some of its answers have no body. */
export async function call(
  { aws }: Cluster,
  service: keyof typeof TARGETS,
  action: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${TARGETS[service]}.${action}` };
  const signing = { key: keyOf(aws), service };
  const answer = await signedFetch(endpointOf(aws, service), { headers, body: JSON.stringify(input) }, signing);
  const body = await answer.text();
  if (!answer.ok) throw new Error(body);
  return JSON.parse(body === '' ? '{}' : body) as Readonly<Record<string, unknown>>;
}

/** The lines that a task's container has written, once the log driver has delivered them. */
export async function logLines(cluster: Cluster, taskArn: string): Promise<string[]> {
  await sleep(LOG_DELIVERY_MS);
  const { events } = await call(cluster, 'logs', 'GetLogEvents', {
    logGroupName: LOG_GROUP,
    logStreamName: `ecs/main/${taskArn.slice(taskArn.lastIndexOf('/') + 1)}`,
  });
  return (events as { message: string }[]).map(({ message }) => message);
}

/** Registers a revision of `idle`. @returns its ARN */
export async function registerIdle(aws: Account, container: object = {}): Promise<string> {
  const { taskDefinition } = await caller(aws)('ecs', 'RegisterTaskDefinition', {
    family: 'idle',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      {
        name: 'main',
        image: 'public.ecr.aws/amazonlinux/amazonlinux:2023',
        command: ['sleep', '600'],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': LOG_GROUP, 'awslogs-stream-prefix': 'ecs' },
        },
        ...container,
      },
    ],
  });
  return (taskDefinition as { taskDefinitionArn: string }).taskDefinitionArn;
}
