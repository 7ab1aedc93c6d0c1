import { type Json, record, records, text, texts } from '../aws-api';
import type { AuthorizationRequest } from './evaluate';
import type { RequestContext } from './pattern';

/** A call of a JSON service, and whose it is. */
export interface Call {
  /** IAM's name of the operation, such as `ecs:RunTask`. */
  readonly action: string;
  readonly input: Json;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** What a call does not tell of the things that it names. */
export interface Lookups {
  /** As DescribeTaskDefinition shows it; empty when there is none. */
  readonly taskDefinition: (name: string) => Promise<Json>;
  readonly taskTags: (taskArn: string) => Promise<readonly Json[]>;
  /** `aws:userid` of whoever started a session with StartSession. */
  readonly sessionStarter: (sessionId: string) => Promise<string | undefined>;
}

type Derive = (
  call: Call,
  lookups: Lookups,
) => readonly AuthorizationRequest[] | Promise<readonly AuthorizationRequest[]>;

/** What a call asks of the caller's policy; all of it must be allowed. The context of the caller itself comes later. */
export async function authorizationRequests(call: Call, lookups: Lookups): Promise<readonly AuthorizationRequest[]> {
  if (call.action.startsWith('logs:')) return [ask(call, logArn(call))];
  const derived = (await DERIVED[call.action]?.(call, lookups)) ?? [];
  return derived.length > 0 ? derived : [ask(call, '*', clusterContext(call))];
}

/** Resources and keys as the Service Authorization Reference has them; what is missing here knows no resource. */
const DERIVED: Readonly<Partial<Record<string, Derive>>> = {
  'ecs:RunTask': runTask,
  'ecs:StopTask': async (call, { taskTags }) => {
    const task = taskArn(call, call.input.task);
    return [ask(call, task, { ...clusterContext(call), ...tagContext(RESOURCE_TAGS, await taskTags(task)) })];
  },
  'ecs:ExecuteCommand': async (call, { taskTags }) => {
    const task = taskArn(call, call.input.task);
    const container = text(call.input.container);
    const context = {
      ...clusterContext(call),
      'ecs:task': task,
      ...(container === undefined ? {} : { 'ecs:container-name': container }),
    };
    const tags = tagContext(RESOURCE_TAGS, await taskTags(task));
    return [ask(call, clusterArn(call), context), ask(call, task, { ...context, ...tags })];
  },
  'ecs:DescribeTasks': (call) =>
    texts(call.input.tasks).map((task) => ask(call, taskArn(call, task), clusterContext(call))),
  'ecs:DescribeServices': (call) =>
    texts(call.input.services).map((service) => ask(call, serviceArn(call, service), clusterContext(call))),
  'ecs:UpdateService': (call) => [ask(call, serviceArn(call, call.input.service), clusterContext(call))],
  'ecs:DeleteService': (call) => [ask(call, serviceArn(call, call.input.service), clusterContext(call))],
  'ecs:DescribeClusters': (call) => texts(call.input.clusters).map((cluster) => ask(call, clusterArn(call, cluster))),
  'ecs:TagResource': (call) => [ask(call, text(call.input.resourceArn) ?? '*', requestTags(call))],
  'ecs:UntagResource': (call) => [ask(call, text(call.input.resourceArn) ?? '*')],
  'ssm:StartSession': startSession,
  'ssm:ResumeSession': askForSession,
  'ssm:TerminateSession': askForSession,
  'ssmmessages:OpenDataChannel': askForSession,
  'secretsmanager:GetSecretValue': (call) => [ask(call, text(call.input.SecretId) ?? '*')],
};

const RESOURCE_TAGS = ['aws:ResourceTag', 'ecs:ResourceTag'];

async function runTask(call: Call, { taskDefinition }: Lookups): Promise<AuthorizationRequest[]> {
  const { input } = call;
  const name = text(input.taskDefinition) ?? '';
  const definition = await taskDefinition(name);
  const overrides = record(input.overrides) ?? {};
  const roles = ['executionRoleArn', 'taskRoleArn'].flatMap(
    (role) => text(overrides[role]) ?? text(definition[role]) ?? [],
  );
  const cluster = clusterContext(call);
  return [
    // ECS finds the revision first: a family without one is no resource.
    ask(call, text(definition.taskDefinitionArn) ?? ecsArn(call, 'task-definition', name), {
      ...cluster,
      ...requestTags(call),
      'ecs:enable-execute-command': String(input.enableExecuteCommand === true),
    }),
    ...roles.map((role) => ({
      action: 'iam:PassRole',
      resource: role,
      context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    })),
    ...(records(input.tags).length === 0
      ? []
      : [
          {
            action: 'ecs:TagResource',
            // The tasks have no ids yet.
            resource: taskArn(call, '*'),
            context: { ...cluster, ...requestTags(call), 'ecs:CreateAction': 'RunTask' },
          },
        ]),
  ];
}

/**
 * The target's ARN and the document's; without a document SSM opens a shell and asks for the target alone. A task has its
 * tags ("Limiting access to the Start Session action" in ECS's guide denies by them).
 */
async function startSession(call: Call, { taskTags }: Lookups): Promise<AuthorizationRequest[]> {
  const { input, partition, region, account } = call;
  const [, cluster = '', task = ''] = /^ecs:(.+)_([^_]+)_[^_]+$/.exec(text(input.Target) ?? '') ?? [];
  const target = ecsArn(call, 'task', `${cluster}/${task}`);
  const tags = tagContext(['aws:ResourceTag', 'ssm:resourceTag'], await taskTags(target));
  const document = text(input.DocumentName);
  const check = { 'ssm:SessionDocumentAccessCheck': String(document !== undefined) };
  const asked = ask(call, target, { ...tags, ...check });
  if (document === undefined) return [asked];
  // Those of AWS itself are no account's.
  const owner = document.startsWith('AWS-') ? '' : account;
  return [asked, ask(call, `arn:${partition}:ssm:${region}:${owner}:document/${document}`, check)];
}

async function askForSession(call: Call, { sessionStarter }: Lookups): Promise<AuthorizationRequest[]> {
  const { input, partition, region, account } = call;
  const id = text(input.SessionId) ?? '';
  const starter = await sessionStarter(id);
  return [
    ask(
      call,
      `arn:${partition}:ssm:${region}:${account}:session/${id}`,
      starter === undefined ? {} : { 'ssm:resourceTag/aws:ssmmessages:session-id': starter },
    ),
  ];
}

/** A group's own calls name its streams too: all of them, with no name. */
function logArn({ input, partition, region, account }: Call): string {
  const group = text(input.logGroupName) ?? text(input.logGroupIdentifier)?.replace(/^arn:.*:log-group:/, '') ?? '';
  const name = group.replace(/:\*$/, '');
  return `arn:${partition}:logs:${region}:${account}:log-group:${name}:log-stream:${text(input.logStreamName) ?? ''}`;
}

function ask({ action }: Call, resource: string, context: RequestContext = {}): AuthorizationRequest {
  return { action, resource, context };
}

function requestTags({ input }: Call): RequestContext {
  const tags = records(input.tags);
  return { ...tagContext(['aws:RequestTag'], tags), 'aws:TagKeys': tags.flatMap(({ key }) => text(key) ?? []) };
}

function tagContext(prefixes: readonly string[], tags: readonly Json[]): RequestContext {
  return Object.fromEntries(
    prefixes.flatMap((prefix) => tags.map(({ key, value }) => [`${prefix}/${text(key) ?? ''}`, text(value) ?? ''])),
  );
}

function clusterContext(call: Call): RequestContext {
  return call.action.startsWith('ecs:') ? { 'ecs:cluster': clusterArn(call) } : {};
}

function clusterArn(call: Call, cluster: unknown = call.input.cluster): string {
  return ecsArn(call, 'cluster', text(cluster) ?? 'default');
}

function taskArn(call: Call, task: unknown): string {
  return inCluster(call, 'task', task);
}

function serviceArn(call: Call, service: unknown): string {
  return inCluster(call, 'service', service);
}

function inCluster(call: Call, type: string, name: unknown): string {
  const given = text(name) ?? '';
  if (given.startsWith('arn:')) return given;
  const cluster = clusterArn(call);
  return ecsArn(call, type, `${cluster.slice(cluster.lastIndexOf('/') + 1)}/${given}`);
}

/** Authorization looks at names: it does not matter whether there is such a thing. */
function ecsArn({ partition, region, account }: Call, type: string, name: string): string {
  return name.startsWith('arn:') ? name : `arn:${partition}:ecs:${region}:${account}:${type}/${name}`;
}
