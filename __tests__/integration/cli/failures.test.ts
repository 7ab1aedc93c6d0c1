import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../../../src/local-aws/faults';
import { type Bastion, caller, FAST, startBastion } from '../../support/bastion';
import { runHelper } from '../../support/helper';

let bastion: Bastion;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
});

afterAll(() => bastion[Symbol.asyncDispose]());

afterEach(() => {
  bastion.aws.setFaults(FAST);
});

async function noTaskRuns(): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (bastion.aws.tasks().every(({ lastStatus }) => lastStatus === 'STOPPED')) return;
    await sleep(50);
  }
  throw new Error('a task still runs');
}

/** Runs the helper into the fault. @returns what it says on standard error */
async function fails(argv: readonly string[] = ['exec', '--', 'true'], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const whole = { ...bastion.aws.environment, ...env };
  const { exitCode, output, story } = await runHelper(['--outputs', bastion.outputsFile, ...argv], whole);
  expect(story).not.toMatch(/^\s+at /m);
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' });
  await noTaskRuns();
  return story;
}

const DENIED =
  'User: arn:aws:sts::123456789012:assumed-role/Engineer/me is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/x because no identity-based policy allows the iam:PassRole action';

const FAULTS: readonly (readonly [what: string, faults: Partial<Faults>, said: RegExp])[] = [
  [
    'the credentials have expired',
    {
      apiErrors: {
        'sts:GetCallerIdentity': 'ExpiredTokenException: The security token included in the request is expired',
      },
    },
    /AWS refused the credentials \(.*expired\)\nSign in again/,
  ],
  [
    'a right is missing',
    { apiErrors: { 'ecs:RunTask': `AccessDeniedException: ${DENIED}` } },
    /Not allowed to call ecs:RunTask: .*iam:PassRole.*\nAsk for this statement: {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role\/x"}\n.* policy$/m,
  ],
  [
    'an account’s policy forbids it',
    {
      apiErrors: {
        'ecs:RunTask': `AccessDeniedException: ${DENIED.replace(/because.*/, 'with an explicit deny in a service control policy')}`,
      },
    },
    /beyond your own policies/,
  ],
  [
    'the family is missing',
    { apiErrors: { 'ecs:DescribeTaskDefinition': 'ClientException: Unable to describe task definition.' } },
    /There is no task definition aurora-bg-bastion[^]*cdktf deploy/,
  ],
  [
    'there is no network interface left',
    { runTaskFailure: 'RESOURCE:ENI' },
    /no network interface left for it \(RESOURCE:ENI\)/,
  ],
  [
    'there is no capacity',
    {
      runTaskFailure:
        'ClientException: Capacity is unavailable at this time. Please try again later or in a different availability zone',
    },
    /Fargate has no capacity for it[^]*Try again in a minute/,
  ],
  [
    'the account’s limit is reached',
    { runTaskFailure: "ClientException: You've reached the limit on the number of vCPUs you can run concurrently" },
    /limit of Fargate tasks or vCPUs of the account is reached[^]*Service Quotas/,
  ],
  [
    'a subnet has gone',
    { runTaskFailure: "InvalidParameterException: The subnet ID 'subnet-1' does not exist" },
    /subnets does not exist any more[^]*--outputs/,
  ],
  ['the image cannot be pulled', { imagePullFailure: true }, /its image cannot be pulled \(CannotPull[^]*ecr\.dkr/],
  [
    'the secret may not be read',
    { secretDenied: true },
    /its password may not be read by its execution role \(ResourceInitializationError[^]*secretsmanager:GetSecretValue/,
  ],
  [
    'memory is used up',
    { outOfMemory: true, agentFailure: 'never' },
    /it ran out of memory [^]*\nRaise bastion_task_memory/,
  ],
  [
    'the start command fails',
    { yumFails: true, agentFailure: 'never' },
    /its start command failed with code 1 [^]*The last of its log:\n(?: {2}.*\n)* {2}Error: Failed to download metadata for repo[^]*NAT gateway/,
  ],
  ['the agent stops', { agentFailure: 'stopped' }, /exec agent of the task \w+ has stopped\n.*ssmmessages/],
];

it.each(FAULTS)('%s', async (_, faults, said) => {
  bastion.aws.setFaults({ ...FAST, ...faults });
  expect(await fails()).toMatch(said);
});

it('the sign-in of SSO has expired', async () => {
  const config = join(bastion.directory, 'sso-config');
  writeFileSync(
    config,
    '[profile sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = R\n[sso-session s]\nsso_region = ap-northeast-1\nsso_start_url = https://example.awsapps.com/start\n',
  );
  const home = join(bastion.directory, 'home');
  mkdirSync(home, { recursive: true });
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...env } = bastion.aws.environment;
  const { exitCode, story } = await runHelper(
    ['--outputs', bastion.outputsFile, '--profile', 'sso', 'exec', '--', 'true'],
    {
      ...env,
      AWS_CONFIG_FILE: config,
      HOME: home,
    },
  );
  expect(story).toMatch(/The sign-in has expired \(.*\)\nSign in again, for example `aws sso login`/);
  expect(exitCode).toBe(1);
});

it('the stack is not deployed', async () => {
  const env = { ...bastion.aws.environment, CDKTF_OUTPUT: join(bastion.directory, 'nothing') };
  const { exitCode, story } = await runHelper(['exec', '--', 'true'], env);
  expect(story).toMatch(
    /The stack has not been synthesized here, and the look-up in AWS failed too: .*\nRun `npx cdktf deploy`/,
  );
  expect(exitCode).toBe(1);
});

it('the agent never connects', async () => {
  bastion.aws.setFaults({ ...FAST, agentFailure: 'never' });
  expect(await fails(['--start-timeout', '1s', 'exec', '--', 'true'])).toMatch(
    /runs, but its exec agent has not connected for \d s\n.*ssmmessages.*doctor/,
  );
});

it.each([
  ['a read-only root file system', { readonlyRootFilesystem: true }, /its root file system is read-only/],
  [
    'access keys in the environment',
    { environment: [{ name: 'AWS_ACCESS_KEY_ID', value: 'x' }] },
    /AWS_ACCESS_KEY_ID stands in its environment, and the agent takes it instead of the task role/,
  ],
])('the agent never connects because of %s', async (_, change, said) => {
  await withDefinition(change, async () => {
    bastion.aws.setFaults({ ...FAST, agentFailure: 'never' });
    expect(await fails(['--start-timeout', '1s', 'exec', '--', 'true'])).toMatch(said);
  });
});

it('exec is not enabled on a task', async () => {
  const { tasks } = (await caller(bastion.aws)('ecs', 'RunTask', {
    cluster: bastion.cluster,
    taskDefinition: 'aurora-bg-bastion',
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  })) as { tasks: { taskArn: string }[] };
  const taskArn = tasks[0]?.taskArn ?? '';
  const { exitCode, story } = await runHelper(
    ['--outputs', bastion.outputsFile, '--task', taskArn, 'exec', '--', 'true'],
    bastion.aws.environment,
  );
  expect(story).toMatch(/ECS Exec is not enabled on the task/);
  expect(exitCode).toBe(1);
  await caller(bastion.aws)('ecs', 'StopTask', { cluster: bastion.cluster, task: taskArn });
});

describe('psql cannot log in', () => {
  it('since the password is wrong', async () => {
    const { exitCode } = await runHelper(
      ['--outputs', bastion.outputsFile, 'psql', '-c', "alter user postgres password 'another-one-now'"],
      bastion.aws.environment,
    );
    expect(exitCode).toBe(0);
    expect(await fails(['psql', '-c', 'select 1'])).toMatch(/Error: .*password/i);
  });

  it('since there is no such database', async () => {
    const environment = [
      { name: 'PGPASSWORD', value: 'another-one-now' }, // that of the case before
      { name: 'PGDATABASE', value: 'nope' },
    ];
    await withDefinition({ secrets: [], environment }, async () => {
      expect(await fails(['psql', '-c', 'select 1'])).toMatch(/Error: .*database "?nope"?/i);
    });
  });

  it('since nothing answers: the security group', async () => {
    bastion.aws.setFaults({ ...FAST, databaseSilent: true });
    expect(await fails(['psql', '-c', 'select 1'])).toMatch(/Error: [^]*security group/i);
  });

  it.each(['stopped', 'upgrading'])('since Aurora is %s', async (databaseStatus) => {
    bastion.aws.setFaults({ ...FAST, databaseSilent: true, databaseStatus });
    expect(await fails(['psql', '-c', 'select 1'])).toMatch(new RegExp(`Error: [^]*${databaseStatus}`));
  });
});

/** The bastion's task definition with a change, as a new revision; afterwards as it was. */
async function withDefinition(
  {
    environment = [],
    ...change
  }: { readonly environment?: readonly { name: string; value: string }[]; readonly [field: string]: unknown },
  work: () => Promise<void>,
): Promise<void> {
  const call = caller(bastion.aws);
  const { taskDefinition } = (await call('ecs', 'DescribeTaskDefinition', { taskDefinition: 'aurora-bg-bastion' })) as {
    taskDefinition: { containerDefinitions: { environment: { name: string; value: string }[] }[] };
  };
  const [container] = taskDefinition.containerDefinitions;
  const names = environment.map(({ name }) => name);
  const kept = container?.environment.filter(({ name }) => !names.includes(name)) ?? [];
  const register = (one: object) =>
    call('ecs', 'RegisterTaskDefinition', {
      family: 'aurora-bg-bastion',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [one],
    });
  await register({ ...container, ...change, environment: [...kept, ...environment] });
  try {
    await work();
  } finally {
    await register({ ...container });
  }
}
