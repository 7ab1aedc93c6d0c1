import { join } from 'node:path';
import { DEFAULT_ENGINE_VERSION } from '../../../src/infra/engine-versions';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { temporaryDirectory } from '../../support/bastion';
import { REFERENCE_ENGINE, REFERENCE_FILES, readReference } from '../../support/reference';
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
/** What whoever takes the system over writes down of it, in `terraform.tfvars` for example. */
const ADOPTED = { ...PASSWORD, ...REFERENCE_ENGINE };

const changesOf = (plan: Plan): string[] =>
  plan.resource_changes
    .filter(({ mode, change }) => mode === 'managed' && change.actions.join() !== 'no-op')
    .map(({ address, change }) => `${change.actions.join()} ${address}`);

type Values = Readonly<Record<string, unknown>> | null | undefined;

/** The arguments that are known and have another value. What is computed anew is not known yet. */
const differing = (before: Values, after: Values): string[] =>
  Object.keys(after ?? {}).filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]));

describe.each([
  ['one-off tasks', {}, 65],
  ['a service', { bastion_enable_service: true }, 66],
] as const)('the existing system with %s', (name, variables, count) => {
  const file = REFERENCE_FILES[name];

  it(`is taken over with ${count} moves and nothing else`, async () => {
    terraform.adopt(file);
    const plan = await terraform.plan({ ...ADOPTED, ...variables }, '-refresh=false');
    const managed = plan.resource_changes.filter(({ mode }) => mode === 'managed');
    expect(changesOf(plan)).toEqual([]);
    expect(managed).toHaveLength(count);
    expect(managed.every(({ previous_address: before }) => before?.startsWith('module.') === true)).toBe(true);
    expect(Object.keys(plan.output_changes).toSorted()).toEqual(Object.keys(readReference(file).outputs).toSorted());
    expect(Object.values(plan.output_changes).every(({ actions }) => actions.join() === 'no-op')).toBe(true);
  });
});

describe('without the version that it has', () => {
  const UPGRADE = [
    'update aws_rds_cluster.aurora_postgresql',
    'update aws_rds_cluster_instance.aurora_instance[0]',
    'update aws_rds_cluster_instance.aurora_instance[1]',
  ];

  it.each([
    ['the default of new systems', {}, DEFAULT_ENGINE_VERSION],
    ['a newer one of its major version', { aurora_engine_version: '15.15' }, '15.15'],
  ])('the existing system is upgraded in place, and nothing is replaced: %s', async (_, variables, version) => {
    terraform.adopt(REFERENCE_FILES['one-off tasks']);
    const plan = await terraform.plan({ ...PASSWORD, ...variables }, '-refresh=false');
    expect(changesOf(plan).toSorted()).toEqual(UPGRADE);
    for (const { change } of plan.resource_changes.filter(({ change: { actions } }) => actions.includes('update'))) {
      const { after, before } = change;
      expect(differing(before, after)).toEqual(['engine_version']);
      expect([before?.engine_version, after?.engine_version]).toEqual(['15.6', version]);
    }
    expect(Object.values(plan.output_changes).every(({ actions }) => actions.join() === 'no-op')).toBe(true);
  });
});

it('the service comes and goes with its variable', async () => {
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
  const on = await terraform.plan(
    { ...ADOPTED, bastion_enable_service: true, bastion_service_desired_count: 3 },
    '-refresh=false',
  );
  expect(changesOf(on)).toEqual(['create aws_ecs_service.bastion[0]']);
  terraform.adopt(REFERENCE_FILES['a service']);
  const off = await terraform.plan(ADOPTED, '-refresh=false');
  expect(changesOf(off)).toEqual(['delete aws_ecs_service.bastion[0]']);
});

it('monitoring goes off together with its role', async () => {
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
  const plan = await terraform.plan({ ...ADOPTED, monitoring_interval: 0 }, '-refresh=false');
  expect(changesOf(plan).toSorted()).toEqual([
    'delete aws_iam_role.rds_enhanced_monitoring[0]',
    'delete aws_iam_role_policy_attachment.rds_enhanced_monitoring[0]',
    'update aws_rds_cluster_instance.aurora_instance[0]',
    'update aws_rds_cluster_instance.aurora_instance[1]',
  ]);
});

it('a final snapshot gets a name only when there is to be one', async () => {
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
  const plan = await terraform.plan({ ...ADOPTED, skip_final_snapshot: false }, '-refresh=false');
  expect(changesOf(plan)).toEqual(['update aws_rds_cluster.aurora_postgresql']);
});
