import { PassThrough } from 'node:stream';
import { doctor } from '../../../src/cli/doctor';
import type { CheckResult, CheckStatus } from '../../../src/doctor/check';
import { CHECKS, diagnose, type DoctorTarget, Facts } from '../../../src/doctor/diagnose';
import { UserError } from '../../../src/errors';
import type { Faults } from '../../../src/local-aws/faults';
import { runHelper } from '../../support/helper';
import { deployStack, type DeployedStack } from './deployed';
import { Saboteur } from './faults';
import { type Simulation, startSimulation } from './simulation';

const { signal } = new AbortController();
let stack: DeployedStack;
let target: DoctorTarget;
let saboteur: Saboteur;

beforeAll(async () => {
  stack = await deployStack();
  ({ target } = stack);
  saboteur = new Saboteur(target);
}, 300_000);
afterAll(() => stack[Symbol.asyncDispose]());

async function look(changes: Partial<DoctorTarget> = {}): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const result of diagnose(new Facts({ ...target, ...changes }, signal))) results.push(result);
  return results;
}

type Statuses = Readonly<Record<string, CheckStatus>>;

const statuses = (results: readonly CheckResult[]): Statuses =>
  Object.fromEntries(results.map(({ id, status }) => [id, status]));
const result = (results: readonly CheckResult[], id: string): CheckResult | undefined =>
  results.find((one) => one.id === id);

/** What the doctor says of the stack as it is deployed. */
const HEALTHY: Statuses = {
  ...Object.fromEntries(CHECKS.map(({ id }) => [id, 'ok'] as const)),
  // moto does not simulate policies.
  'caller-rights': 'skipped',
  'unlogged-sessions': 'skipped',
  'open-egress': 'warning',
  // The reference's task role has two of the four rights that it takes.
  'exec-logging': 'warning',
};

it('the stack as it is deployed has no fault', async () => {
  const results = await look();
  expect(result(results, 'exec-logging')?.found).toBe(
    'Sessions are to be logged to /ecs/aurora-bg-bastion, but the task role may not call logs:DescribeLogGroups and logs:DescribeLogStreams',
  );
  expect(statuses(results)).toEqual(HEALTHY);
  expect(results.every(({ found }) => found !== '')).toBe(true);
});

type Undo = () => Promise<unknown>;
const allow = (port: number) => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
});
const MESSAGES = { Action: 'ssmmessages:*', Resource: '*' };
const MANY_ROUNDS = 60_000;

/** Each is seeded alone. The first of the changed checks is the one that names the fault, in words. */
const FAULTS: readonly (readonly [name: string, seed: () => Promise<Undo>, changed: Statuses, found: RegExp])[] = [
  [
    'a read-only root file system',
    () => saboteur.redefine({ readonlyRootFilesystem: true }),
    { 'root-filesystem': 'failed' },
    /read-only/,
  ],
  [
    'AWS keys in the container',
    () => saboteur.variables({ AWS_ACCESS_KEY_ID: 'AKIA' }),
    { 'container-credentials': 'failed' },
    /^AWS_ACCESS_KEY_ID stands/,
  ],
  [
    'a password in plain text',
    () => saboteur.variables({ PGPASSWORD: 'hunter2' }),
    { 'plain-password': 'warning' },
    /^PGPASSWORD stands there in plain text(?!.*hunter2)/,
  ],
  [
    'no init process',
    () => saboteur.redefine({ linuxParameters: { initProcessEnabled: false } }),
    { 'init-process': 'warning' },
    /^Off/,
  ],
  [
    'no task role',
    () => saboteur.redefine({}, { taskRoleArn: undefined }),
    { 'task-definition': 'failed', 'task-role': 'failed', 'task-role-ssmmessages': 'failed' },
    /has no task role/,
  ],
  [
    'a task role that is not there',
    () => saboteur.redefine({}, { taskRoleArn: 'arn:aws:iam::123456789012:role/gone' }),
    { 'task-role': 'failed', 'task-role-ssmmessages': 'skipped', 'exec-logging': 'skipped' },
    /There is no role .*gone/,
  ],
  [
    'no execution role',
    () => saboteur.redefine({}, { executionRoleArn: undefined }),
    { 'execution-role': 'failed', 'secret-rights': 'failed' },
    /has no execution role/,
  ],
  [
    'a task that is not made for Fargate',
    () => saboteur.redefine({}, { requiresCompatibilities: ['EC2'] }),
    { 'task-definition': 'failed' },
    /not made for Fargate/,
  ],
  [
    'another network mode',
    () => saboteur.redefine({}, { networkMode: 'bridge', requiresCompatibilities: ['EC2'] }),
    { 'task-definition': 'failed' },
    /network mode bridge/,
  ],
  [
    'no log group',
    () => saboteur.redefine({ logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/gone' } } }),
    { 'log-group': 'failed' },
    /no log group \/gone/,
  ],
  [
    'no log driver',
    () => saboteur.redefine({ logConfiguration: undefined }),
    { 'exec-logging': 'warning', 'log-group': 'warning' },
    /neither the cluster nor the container/,
  ],
  [
    'a task role without rights',
    () => saboteur.policy('task', 'ssm', undefined),
    { 'task-role-ssmmessages': 'failed' },
    /Not allowed: ssmmessages:CreateControlChannel, .* and ssmmessages:OpenDataChannel/,
  ],
  [
    'a task role with most of its rights',
    () => saboteur.policy('task', 'ssm', { Effect: 'Allow', Action: 'ssmmessages:*Control*', Resource: '*' }),
    { 'task-role-ssmmessages': 'failed' },
    /Not allowed: ssmmessages:CreateDataChannel and ssmmessages:OpenDataChannel$/,
  ],
  [
    'rights of the task role under a condition',
    () => saboteur.policy('task', 'ssm', { Effect: 'Allow', ...MESSAGES, Condition: { Bool: { a: 'true' } } }),
    { 'task-role-ssmmessages': 'warning' },
    /under conditions/,
  ],
  [
    'an execution role without the right to the secret',
    () => saboteur.policy('execution', 'secret', undefined),
    { 'secret-rights': 'failed' },
    /Not allowed: secretsmanager:GetSecretValue on arn:aws:secretsmanager:[^:]+:\d+:secret:[^:]+$/,
  ],
  [
    'an execution role with the right to another secret',
    () =>
      saboteur.policy('execution', 'secret', {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:other',
      }),
    { 'secret-rights': 'failed' },
    /Not allowed/,
  ],
  [
    'a task role for another service',
    () => saboteur.trust('task', 'ec2.amazonaws.com'),
    { 'task-role': 'failed' },
    /does not trust ecs-tasks/,
  ],
  [
    'an execution role for another service',
    () => saboteur.trust('execution', 'ec2.amazonaws.com'),
    { 'execution-role': 'failed' },
    /does not trust ecs-tasks/,
  ],
  [
    'logging of sessions off',
    () => saboteur.sessions({ logging: 'NONE' }),
    { 'exec-logging': 'warning' },
    /logging is NONE/,
  ],
  [
    'a log group that has to be encrypted, and may not be looked at',
    () =>
      saboteur.sessions({
        logging: 'OVERRIDE',
        logConfiguration: { cloudWatchLogGroupName: '/exec', cloudWatchEncryptionEnabled: true },
      }),
    { 'exec-logging': 'failed' },
    /to \/exec, but the task role may not call logs:DescribeLogGroups, .* and logs:PutLogEvents$/,
  ],
  [
    'a bucket that the task role may not write to',
    () => saboteur.sessions({ logging: 'OVERRIDE', logConfiguration: { s3BucketName: 'records' } }),
    { 'exec-logging': 'warning' },
    /to records, but the task role may not call s3:PutObject and s3:GetEncryptionConfiguration$/,
  ],
  [
    'a KMS key that the task role may not use',
    () => saboteur.sessions({ kmsKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/1', logging: 'DEFAULT' }),
    { 'exec-encryption': 'failed' },
    /may not call kms:Decrypt/,
  ],
  ['a service without ECS Exec', () => saboteur.service(false), { service: 'failed' }, /has ECS Exec off/],
  [
    'a service whose tasks do not come up',
    async () => {
      stack.aws.setFaults({ startDelayMs: MANY_ROUNDS });
      return await saboteur.service(true);
    },
    { service: 'warning' },
    /1 desired, 0 running/,
  ],
  ['DNS of the VPC off', () => saboteur.dns('EnableDnsSupport'), { 'vpc-dns': 'failed' }, /DNS support is off/],
  ['DNS host names off', () => saboteur.dns('EnableDnsHostnames'), { 'vpc-dns': 'failed' }, /host names are off/],
  [
    'endpoints that let nobody in',
    () => saboteur.rules('vpc-endpoint', 'ingress'),
    { 'ssmmessages-path': 'failed', 'image-path': 'failed' },
    /does not let the bastion in on port 443/,
  ],
  [
    'endpoints that let others in',
    () => saboteur.rules('vpc-endpoint', 'ingress', [{ ...allow(443), IpRanges: [{ CidrIp: '10.0.0.0/24' }] }]),
    { 'ssmmessages-path': 'failed', 'image-path': 'failed' },
    /does not let the bastion in on port 443/,
  ],
  [
    'neither endpoint nor default route',
    () => both(saboteur.endpoint('ssmmessages', 'deleted'), saboteur.defaultRoute()),
    { 'ssmmessages-path': 'failed', 'image-path': 'failed' },
    /There is no endpoint for ssmmessages, and subnet-\w+ has no default route/,
  ],
  [
    'an endpoint without private DNS, and no default route',
    () => both(saboteur.endpoint('ssmmessages', 'without private DNS'), saboteur.defaultRoute()),
    { 'ssmmessages-path': 'failed', 'image-path': 'failed' },
    /has private DNS off, and subnet-\w+ has no default route/,
  ],
  [
    'no way to the image',
    () => saboteur.defaultRoute(),
    { 'image-path': 'failed' },
    /^subnet-\w+ has no default route, .*the registry of public\.ecr\.aws\S+ is on the internet$/,
  ],
  [
    'a bastion that may talk to nobody',
    () => saboteur.rules('aurora-bg-bastion-sg', 'egress'),
    { 'bastion-egress': 'failed', 'open-egress': 'ok' },
    /port 443 out to ssmmessages/,
  ],
  [
    'a bastion that may not talk to the database',
    () => saboteur.rules('aurora-bg-bastion-sg', 'egress', [allow(443)]),
    { 'bastion-egress': 'failed', 'open-egress': 'ok' },
    /port 5432 out to the database/,
  ],
  [
    'a database that lets nobody in',
    () => saboteur.rules('aurora-bg-aurora-sg', 'ingress'),
    { 'database-ingress': 'failed' },
    /does not let the bastion in on port 5432/,
  ],
  [
    'a database that lets others in',
    () =>
      saboteur.rules('aurora-bg-aurora-sg', 'ingress', [{ ...allow(5432), IpRanges: [{ CidrIp: '10.0.200.0/24' }] }]),
    { 'database-ingress': 'failed' },
    /does not let the bastion in on port 5432/,
  ],
  [
    'a database that was made anew',
    () => saboteur.variables({ PGHOST: 'old.cluster-x.ap-northeast-1.rds.amazonaws.com' }),
    { database: 'failed', 'database-instances': 'skipped', 'database-ingress': 'skipped', 'bastion-egress': 'skipped' },
    /No Aurora cluster .* has the endpoint old\./,
  ],
  [
    'another port',
    () => saboteur.variables({ PGPORT: '5433' }),
    { database: 'failed' },
    /port 5432, .* PGPORT is 5433/,
  ],
  ['a stopped database', () => faults({ databaseStatus: 'stopped' }), { database: 'failed' }, /is stopped: somebody/],
  [
    'a database that is being changed',
    () => faults({ databaseStatus: 'modifying' }),
    { database: 'warning' },
    /is modifying: .* takes connections/,
  ],
  [
    'credentials that have expired',
    () => refusal('sts:GetCallerIdentity', 'ExpiredToken'),
    {
      credentials: 'failed',
      'secret-rights': 'skipped',
      subnets: 'skipped',
    },
    /AWS refused the credentials/,
  ],
  [
    'no right to see roles',
    () => refusal('iam:GetRole'),
    {
      'task-role': 'skipped',
      'task-role-ssmmessages': 'skipped',
      'exec-logging': 'skipped',
      'execution-role': 'skipped',
      'secret-rights': 'skipped',
    },
    /^Not allowed to call iam:GetRole$/,
  ],
  [
    'no right to see policies',
    () => refusal('iam:GetRolePolicy'),
    { 'task-role-ssmmessages': 'skipped', 'exec-logging': 'skipped', 'secret-rights': 'skipped' },
    /^Not allowed to call iam:GetRolePolicy$/,
  ],
  [
    'no right to see endpoints',
    () => refusal('ec2:DescribeVpcEndpoints', 'UnauthorizedOperation'),
    { 'ssmmessages-path': 'skipped', 'image-path': 'skipped', 'bastion-egress': 'skipped' },
    /^Not allowed to call ec2:DescribeVpcEndpoints$/,
  ],
  [
    'no right to see databases',
    () => refusal('rds:DescribeDBClusters'),
    {
      database: 'skipped',
      'database-instances': 'skipped',
      'database-ingress': 'skipped',
      'bastion-egress': 'skipped',
    },
    /^Not allowed to call rds:DescribeDBClusters$/,
  ],
];

async function both(...seeds: readonly Promise<Undo>[]): Promise<Undo> {
  const undo = await Promise.all(seeds);
  return () => Promise.all(undo.map((one) => one()));
}

function faults(some: Partial<Faults>): Promise<Undo> {
  stack.aws.setFaults(some);
  return Promise.resolve(() => Promise.resolve());
}

function refusal(action: string, code = 'AccessDenied'): Promise<Undo> {
  return faults({ apiErrors: { [action]: `${code}: no` } });
}

describe('finds', () => {
  afterEach(() => {
    stack.aws.setFaults({});
  });

  it.each(FAULTS)('%s', async (_, seed, changed, found) => {
    const undo = await seed();
    try {
      const results = await look();
      expect(statuses(results)).toEqual({ ...HEALTHY, ...changed });
      const [named = ''] = Object.keys(changed);
      expect(result(results, named)?.found).toMatch(found);
      expect(result(results, named)?.remedy).not.toBe('');
    } finally {
      await undo();
    }
  });

  it('nothing any more, once all of that is undone', async () => {
    expect(statuses(await look())).toEqual(HEALTHY);
  });
});

it('sessions are logged once the task role has the rights', async () => {
  const undo = await saboteur.policy('task', 'ssm', {
    Effect: 'Allow',
    Action: ['ssmmessages:*', 'logs:*'],
    Resource: '*',
  });
  try {
    const results = await look();
    expect(statuses(results)).toEqual({ ...HEALTHY, 'exec-logging': 'ok' });
    expect(result(results, 'exec-logging')?.found).toBe('To /ecs/aurora-bg-bastion');
  } finally {
    await undo();
  }
});

it('the NAT gateways are enough without an endpoint', async () => {
  const undo = await saboteur.endpoint('ssmmessages', 'deleted');
  try {
    const results = await look();
    expect(statuses(results)).toEqual(HEALTHY);
    expect(result(results, 'ssmmessages-path')?.found).toMatch(/^Through a NAT gateway: there is no endpoint/);
  } finally {
    await undo();
  }
});

describe('names that are not there', () => {
  it('a cluster', async () => {
    const results = await look({ cluster: 'nowhere' });
    expect(statuses(results)).toEqual({
      ...HEALTHY,
      cluster: 'failed',
      'exec-logging': 'skipped',
      'exec-encryption': 'skipped',
      service: 'skipped',
    });
    expect(result(results, 'cluster')?.found).toMatch(/There is no cluster nowhere/);
  });

  it('a task definition', async () => {
    const results = await look({ taskDefinition: 'nowhere' });
    expect(result(results, 'task-definition')).toMatchObject({ status: 'failed' });
    expect(results.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual(['task-definition']);
  });

  it('a subnet', async () => {
    const results = await look({ subnets: [...target.subnets, 'subnet-00000000'] });
    expect(result(results, 'subnets')).toMatchObject({ status: 'failed' });
    expect(results.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual(['subnets']);
  });

  it('a security group', async () => {
    const results = await look({ securityGroup: 'sg-00000000' });
    expect(result(results, 'bastion-group')).toMatchObject({ status: 'failed' });
    expect(results.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual(['bastion-group']);
  });

  it('subnets in several VPCs', async () => {
    const { id, undo } = await saboteur.foreignSubnet();
    try {
      const results = await look({ subnets: [...target.subnets, id] });
      expect(result(results, 'subnets')).toMatchObject({
        status: 'failed',
        found: expect.stringMatching(/^They lie in several VPCs: vpc-\w+ and vpc-\w+$/) as string,
      });
    } finally {
      await undo();
    }
  });
});

describe('where IAM simulates policies', () => {
  let simulation: Simulation;

  beforeAll(async () => {
    simulation = await startSimulation(stack.aws);
    process.env.AWS_ENDPOINT_URL_IAM = simulation.endpoint;
  });
  afterAll(async () => {
    Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL_IAM');
    await simulation[Symbol.asyncDispose]();
  });

  it.each<[string, Readonly<Record<string, string>>, Statuses]>([
    ['all is allowed', {}, { 'unlogged-sessions': 'warning' }],
    ['ssm:StartSession is denied', { 'ssm:StartSession': 'explicitDeny' }, { 'unlogged-sessions': 'ok' }],
    [
      'ssm:StartSession depends',
      { 'ssm:StartSession': 'implicitDeny, without context' },
      { 'unlogged-sessions': 'warning' },
    ],
    [
      'ecs:ExecuteCommand is denied',
      { 'ecs:ExecuteCommand': 'implicitDeny' },
      { 'caller-rights': 'failed', 'unlogged-sessions': 'warning' },
    ],
    [
      'the organization denies the task role a channel',
      { 'ssmmessages:OpenDataChannel of aurora-bg-bastion-task-role': 'explicitDeny' },
      { 'task-role-ssmmessages': 'failed', 'unlogged-sessions': 'warning' },
    ],
    [
      'the organization denies everybody a channel',
      { 'ssmmessages:OpenDataChannel': 'explicitDeny' },
      { 'caller-rights': 'failed', 'task-role-ssmmessages': 'failed', 'unlogged-sessions': 'warning' },
    ],
    [
      'the organization denies the task role its log',
      { 'logs:PutLogEvents': 'explicitDeny' },
      { 'exec-logging': 'warning', 'unlogged-sessions': 'warning' },
    ],
  ])('%s', async (_, decisions, changed) => {
    simulation.decide(decisions);
    expect(statuses(await look())).toEqual({ ...HEALTHY, 'caller-rights': 'ok', 'exec-logging': 'ok', ...changed });
  });
});

describe('on the command line', () => {
  const deployment = () => ({
    access: target.access,
    cluster: target.cluster,
    family: target.taskDefinition,
    serviceName: target.serviceName,
    network: () => Promise.resolve(target),
  });

  it('looks at the rest where the network cannot be found, and fails', async () => {
    const output = new PassThrough();
    const lost = { ...deployment(), network: () => Promise.reject(new UserError('There are no outputs', 'Deploy')) };
    expect(await doctor(lost, { json: true }, output, signal)).toBe(1);
    const { status, checks } = JSON.parse(String(output.read())) as { status: string; checks: CheckResult[] };
    expect(status).toBe('failed');
    expect(checks.filter((check) => check.status === 'failed')).toEqual([
      {
        id: 'subnets',
        title: 'Subnets of the bastion',
        status: 'failed',
        found: 'There are no outputs',
        remedy: 'Deploy',
      },
    ]);
  });

  it('looks from inside a task too', async () => {
    const argv = ['doctor', '--deep', '--json', '--outputs', stack.outputsFile];
    const { exitCode, output } = await runHelper(argv, stack.aws.environment);
    const { checks } = JSON.parse(output) as { checks: CheckResult[] };
    expect(statuses(checks)).toEqual({
      ...HEALTHY,
      'inside-dns': 'ok',
      'inside-tcp': 'ok',
      'inside-tls': 'ok',
      'inside-login': 'ok',
      // As in Amazon Linux, there is no `script`.
      'inside-record': 'warning',
    });
    expect(exitCode).toBe(0);
  });
});
