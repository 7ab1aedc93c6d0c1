import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { temporaryDirectory } from '../../support/bastion';
import { REFERENCE_FILES, readReference } from '../../support/reference';
import { type Plan, TerraformFolder } from '../../support/terraform';

let aws: LocalAws;
let terraform: TerraformFolder;

beforeAll(async () => {
  const directory = temporaryDirectory();
  aws = await startLocalAws({ directory: join(directory, 'aws') });
  terraform = new TerraformFolder(directory, aws.environment);
  await terraform.initialize();
}, 120_000);

afterAll(() => aws[Symbol.asyncDispose]());

const PASSWORD = { master_password: 'ChangeMe123!' };

const changesOf = (plan: Plan): string[] =>
  plan.resource_changes
    .filter(({ mode, change }) => mode === 'managed' && change.actions.join() !== 'no-op')
    .map(({ address, change }) => `${change.actions.join()} ${address}`);

describe.each([
  ['one-off tasks', {}, 65],
  ['a service', { bastion_enable_service: true }, 66],
] as const)('the existing system with %s', (name, variables, count) => {
  const file = REFERENCE_FILES[name];

  it(`is taken over with ${count} moves and nothing else`, async () => {
    terraform.adopt(file);
    const plan = await terraform.plan({ ...PASSWORD, ...variables }, '-refresh=false');
    const managed = plan.resource_changes.filter(({ mode }) => mode === 'managed');
    expect(changesOf(plan)).toEqual([]);
    expect(managed).toHaveLength(count);
    expect(managed.every(({ previous_address: before }) => before?.startsWith('module.') === true)).toBe(true);
    expect(Object.keys(plan.output_changes).toSorted()).toEqual(Object.keys(readReference(file).outputs).toSorted());
    expect(Object.values(plan.output_changes).every(({ actions }) => actions.join() === 'no-op')).toBe(true);
  });
});

it('the service comes and goes with its variable', async () => {
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
  const on = await terraform.plan(
    { ...PASSWORD, bastion_enable_service: true, bastion_service_desired_count: 3 },
    '-refresh=false',
  );
  expect(changesOf(on)).toEqual(['create aws_ecs_service.bastion[0]']);
  terraform.adopt(REFERENCE_FILES['a service']);
  const off = await terraform.plan(PASSWORD, '-refresh=false');
  expect(changesOf(off)).toEqual(['delete aws_ecs_service.bastion[0]']);
});

describe('an existing system that gives its password up to RDS', () => {
  it('keeps its database, and its task takes the password from the secret', async () => {
    terraform.adopt(REFERENCE_FILES['one-off tasks']);
    expect(changesOf(await terraform.plan({}, '-refresh=false')).toSorted()).toEqual([
      'create aws_iam_role_policy.task_execution_secret[0]',
      'delete,create aws_ecs_task_definition.bastion',
      'update aws_rds_cluster.aurora_postgresql',
    ]);
  });
});

describe('a new system', () => {
  const fresh = async (variables: Readonly<Record<string, unknown>>): Promise<Plan> => {
    const directory = temporaryDirectory();
    const folder = new TerraformFolder(directory, aws.environment);
    await folder.initialize();
    return folder.plan(variables);
  };
  const after = (plan: Plan, address: string): Readonly<Record<string, unknown>> =>
    plan.resource_changes.find((change) => change.address === address)?.change.after ?? {};

  it('has its password made and kept by RDS', async () => {
    const plan = await fresh({});
    expect(after(plan, 'aws_rds_cluster.aurora_postgresql')).toMatchObject({
      manage_master_user_password: true,
      master_password: null,
    });
    expect(after(plan, 'aws_iam_role_policy.task_execution_secret[0]').name).toBe('aurora-bg-bastion-secret-policy');
    expect(plan.resource_changes.filter(({ mode }) => mode === 'managed')).toHaveLength(66);
  });

  it('may take its password from another secret, which alone the execution role may read', async () => {
    const secret = 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app-AbCdEf';
    const plan = await fresh({ database_password_secret_arn: `${secret}:key::` });
    expect(JSON.parse(String(after(plan, 'aws_iam_role_policy.task_execution_secret[0]').policy))).toEqual({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secret }],
    });
  });

  it('follows region and engine version', async () => {
    const plan = await fresh({ aws_region: 'us-west-2', aurora_engine_version: '16.6' });
    expect(after(plan, 'aws_vpc_endpoint.ssmmessages').service_name).toBe('com.amazonaws.us-west-2.ssmmessages');
    expect(after(plan, 'aws_db_parameter_group.aurora_postgresql')).toMatchObject({
      family: 'aurora-postgresql16',
      name: 'aurora-bg-aurora-pg16-params',
    });
    const subnets = plan.resource_changes.filter(({ address }) => address.startsWith('aws_subnet.private['));
    expect(subnets.map(({ change }) => change.after?.cidr_block).toSorted()).toEqual([
      '10.0.100.0/24',
      '10.0.101.0/24',
      '10.0.102.0/24',
      '10.0.103.0/24',
    ]);
  });
});
