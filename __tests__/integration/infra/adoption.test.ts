import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { temporaryDirectory } from '../../support/bastion';
import { REFERENCE_FILES, readReference } from '../../support/reference';
import { type Plan, TerraformFolder } from '../../support/terraform';

const directory = temporaryDirectory();
let aws: LocalAws;
let terraform: TerraformFolder;

beforeAll(async () => {
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

it('monitoring goes off together with its role', async () => {
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
  const plan = await terraform.plan({ ...PASSWORD, monitoring_interval: 0 }, '-refresh=false');
  expect(changesOf(plan).toSorted()).toEqual([
    'delete aws_iam_role.rds_enhanced_monitoring[0]',
    'delete aws_iam_role_policy_attachment.rds_enhanced_monitoring[0]',
    'update aws_rds_cluster_instance.aurora_instance[0]',
    'update aws_rds_cluster_instance.aurora_instance[1]',
  ]);
});

it('a final snapshot gets a name only when there is to be one', async () => {
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
  const plan = await terraform.plan({ ...PASSWORD, skip_final_snapshot: false }, '-refresh=false');
  expect(changesOf(plan)).toEqual(['update aws_rds_cluster.aurora_postgresql']);
});
