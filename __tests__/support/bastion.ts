import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../src/local-aws';
import type { Endpoints } from '../../src/local-aws/endpoints';
import { type Account, type Key, keyOf, signedFetch } from './sign';

const REGION = 'ap-northeast-1';
const LOG_GROUP = '/ecs/aurora-bg-bastion';

/** A bastion in a local AWS, made by plain calls: what `cdktf deploy` makes, without what a session does not need. */
export interface Bastion extends AsyncDisposable {
  readonly aws: LocalAws;
  readonly directory: string;
  /** Outputs as `cdktf deploy --outputs-file` writes them. */
  readonly outputsFile: string;
  readonly cluster: string;
}

/** Faults without which a bastion takes seconds to come up, as in AWS. */
export const FAST = {
  startDelayMs: 0,
  agentDelayMs: 0,
  targetNotConnectedMs: 0,
  yumDelayMs: 0,
  firstOutputDelayMs: 0,
} as const;

/** A folder of the test's own, which PostgreSQL's user may enter; it goes with the run's. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(process.env.TEST_RUN_DIRECTORY ?? tmpdir(), 'test-'));
  chmodSync(directory, 0o755);
  return directory;
}

export async function startBastion(options: Partial<LocalAwsOptions> = {}): Promise<Bastion> {
  const directory = temporaryDirectory();
  const aws = await startLocalAws({ directory: join(directory, 'aws'), ...options });
  try {
    const call = caller(aws);
    const cluster = 'aurora-bg-bastion-cluster';
    await call('ecs', 'CreateCluster', { clusterName: cluster });
    await call('logs', 'CreateLogGroup', { logGroupName: LOG_GROUP });
    const database = await query(aws, 'rds', {
      Action: 'CreateDBCluster',
      Version: '2014-10-31',
      DBClusterIdentifier: 'aurora-bg-aurora-cluster',
      Engine: 'aurora-postgresql',
      EngineVersion: '15.17',
      DatabaseName: 'mydb',
      MasterUsername: 'postgres',
      ManageMasterUserPassword: 'true',
    });
    const { taskDefinition } = (await call('ecs', 'RegisterTaskDefinition', {
      family: 'aurora-bg-bastion',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/aurora-bg-bastion-execution-role',
      taskRoleArn: 'arn:aws:iam::123456789012:role/aurora-bg-bastion-task-role',
      containerDefinitions: [
        {
          name: 'bastion',
          image: 'public.ecr.aws/amazonlinux/amazonlinux:2023',
          command: ['sh', '-c', 'yum install -y postgresql15 && tail -f /dev/null'],
          environment: [
            { name: 'PGHOST', value: element(database, 'Endpoint') },
            { name: 'PGPORT', value: '5432' },
            { name: 'PGDATABASE', value: 'mydb' },
            { name: 'PGUSER', value: 'postgres' },
          ],
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': LOG_GROUP, 'awslogs-region': REGION, 'awslogs-stream-prefix': 'ecs' },
          },
          secrets: [{ name: 'PGPASSWORD', valueFrom: `${element(database, 'SecretArn')}:password::` }],
        },
      ],
    })) as { taskDefinition: { taskDefinitionArn: string } };
    const outputsFile = join(directory, 'outputs.json');
    const outputs = {
      bastion_cluster_name: cluster,
      bastion_task_definition_arn: taskDefinition.taskDefinitionArn,
      bastion_task_definition_family: 'aurora-bg-bastion',
      bastion_security_group_id: 'sg-1',
      private_subnets: { [`${REGION}a`]: { id: 'subnet-1' } },
    };
    writeFileSync(outputsFile, JSON.stringify({ 'aurora-bg': outputs }));
    return { aws, directory, outputsFile, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
  } catch (error) {
    await aws[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a task as somebody else would. @param tags without them it is nobody's @returns its ARN */
export async function startTask(
  { aws, cluster }: Bastion,
  tags: readonly { readonly key: string; readonly value: string }[] = [],
): Promise<string> {
  const { tasks } = (await caller(aws)('ecs', 'RunTask', {
    cluster,
    taskDefinition: 'aurora-bg-bastion',
    launchType: 'FARGATE',
    enableExecuteCommand: true,
    tags,
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  })) as { tasks: { taskArn: string }[] };
  const [task] = tasks;
  if (task === undefined) throw new Error('the task was not started');
  return task.taskArn;
}

const TARGETS = {
  ecs: 'AmazonEC2ContainerServiceV20141113',
  ssm: 'AmazonSSM',
  secretsmanager: 'secretsmanager',
  logs: 'Logs_20140328',
  kms: 'TrentService',
} as const;

/** Calls JSON services as any client would; a failure is an error with AWS's code and message. */
export function caller(aws: Account, key: Key = keyOf(aws)) {
  return async (service: keyof typeof TARGETS, action: string, input: unknown): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${TARGETS[service]}.${action}` };
    const call = { headers, body: JSON.stringify(input) };
    const answer = await signedFetch(endpointOf(aws, service), call, { key, service });
    const text = await answer.text(); // some answers have none
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    if (!answer.ok) throw new Error(`${String(body.__type)}: ${String(body.message)}`);
    return body;
  };
}

/** Where a service is called. */
export function endpointOf({ endpoint, endpoints }: Endpoints, service: string): string {
  return service === 'ecs' || service === 'ssm' ? endpoints[service] : endpoint;
}

/** Calls a service that speaks forms and XML. */
export async function query(
  aws: Account,
  service: string,
  form: Record<string, string>,
  key: Key = keyOf(aws),
): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const call = { headers, body: new URLSearchParams(form).toString() };
  const answer = await signedFetch(aws.endpoint, call, { key, service });
  const xml = await answer.text();
  if (!answer.ok) throw new Error(xml);
  return xml;
}

export function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}
