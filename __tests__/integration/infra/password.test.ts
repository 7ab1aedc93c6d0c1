import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { element, query, temporaryDirectory } from '../../support/bastion';
import { REFERENCE_ENGINE, REFERENCE_FILES } from '../../support/reference';
import { type Plan, TerraformFolder } from '../../support/terraform';

const GIVEN = 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app-AbCdEf';
const directory = temporaryDirectory();
/** The reference's state, once RDS has taken its password over. */
const managedState = join(directory, 'managed.tfstate');
let aws: LocalAws;
let terraform: TerraformFolder;
let managed = '';

beforeAll(async () => {
  aws = await startLocalAws({ directory: join(directory, 'aws') });
  terraform = new TerraformFolder(directory, aws.environment);
  await terraform.initialize();
  // The plan asks for the secret of a cluster that the state says is there: it has to be there.
  const cluster = await query(aws, 'rds', {
    Action: 'CreateDBCluster',
    Version: '2014-10-31',
    DBClusterIdentifier: 'aurora-bg-aurora-cluster',
    Engine: 'aurora-postgresql',
    EngineVersion: REFERENCE_ENGINE.aurora_engine_version,
    DatabaseName: 'mydb',
    MasterUsername: 'postgres',
    ManageMasterUserPassword: 'true',
  });
  managed = element(cluster, 'SecretArn');
  const state = JSON.parse(readFileSync(REFERENCE_FILES['one-off tasks'], 'utf8')) as State;
  for (const { type, instances } of state.resources) {
    if (type === 'aws_rds_cluster') {
      Object.assign(instances[0]?.attributes ?? {}, { master_password: null, manage_master_user_password: true });
    }
  }
  writeFileSync(managedState, JSON.stringify(state));
}, 120_000);

afterAll(() => aws[Symbol.asyncDispose]());

interface State {
  readonly resources: readonly { readonly type: string; readonly instances: readonly { attributes: object }[] }[];
}

interface Container {
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
}

const after = (plan: Plan, address: string): Readonly<Record<string, unknown>> =>
  plan.resource_changes.find((change) => change.address === address)?.change.after ?? {};

function containerOf(plan: Plan): Container {
  const definitions = String(after(plan, 'aws_ecs_task_definition.bastion').container_definitions);
  const [container] = JSON.parse(definitions) as readonly Container[];
  return { environment: [], secrets: [], ...container };
}

const namesIn = ({ environment }: Container): string[] => environment.map(({ name }) => name).toSorted();

/** What the execution role may read. */
const readable = (plan: Plan): unknown =>
  JSON.parse(String(after(plan, 'aws_iam_role_policy.task_execution_secret[0]').policy));

const only = (secret: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secret }],
});

describe('without a password', () => {
  it('the task takes the password from the secret that RDS keeps, which alone its execution role may read', async () => {
    terraform.adopt(managedState);
    const plan = await terraform.plan(REFERENCE_ENGINE, '-refresh=false');
    expect(namesIn(containerOf(plan))).toEqual(['PGDATABASE', 'PGHOST', 'PGPORT', 'PGUSER']);
    expect(containerOf(plan).secrets).toEqual([{ name: 'PGPASSWORD', valueFrom: `${managed}:password::` }]);
    expect(readable(plan)).toEqual(only(managed));
    expect(after(plan, 'aws_rds_cluster.aurora_postgresql')).toMatchObject({
      manage_master_user_password: true,
      master_password: null,
    });
  });

  it('a system that has one gives it up to RDS and keeps its database', async () => {
    terraform.adopt(REFERENCE_FILES['one-off tasks']);
    const plan = await terraform.plan(REFERENCE_ENGINE, '-refresh=false');
    const changes = plan.resource_changes.filter(
      ({ mode, change }) => mode === 'managed' && change.actions.join() !== 'no-op',
    );
    expect(changes.map(({ address, change }) => `${change.actions.join()} ${address}`).toSorted()).toEqual([
      'create aws_iam_role_policy.task_execution_secret[0]',
      'delete,create aws_ecs_task_definition.bastion',
      'update aws_rds_cluster.aurora_postgresql',
    ]);
  });
});

describe('with a password', () => {
  it('it stays where the existing system has it, and no secret is read', async () => {
    terraform.adopt(REFERENCE_FILES['one-off tasks']);
    const plan = await terraform.plan({ ...REFERENCE_ENGINE, master_password: 'ChangeMe123!' }, '-refresh=false');
    expect(containerOf(plan).environment).toContainEqual({ name: 'PGPASSWORD', value: 'ChangeMe123!' });
    expect(containerOf(plan).secrets).toEqual([]);
    expect(after(plan, 'aws_iam_role_policy.task_execution_secret[0]')).toEqual({});
    expect(after(plan, 'aws_rds_cluster.aurora_postgresql').manage_master_user_password).toBeNull();
  });
});

describe('with the ARN of another secret', () => {
  it.each([
    ['its whole value', GIVEN],
    ['one key of it', `${GIVEN}:key::`],
  ])('%s becomes PGPASSWORD, and the execution role may read that secret alone', async (_, arn) => {
    terraform.adopt(REFERENCE_FILES['one-off tasks']);
    const plan = await terraform.plan(
      { ...REFERENCE_ENGINE, master_password: 'ChangeMe123!', database_password_secret_arn: arn },
      '-refresh=false',
    );
    expect(namesIn(containerOf(plan))).not.toContain('PGPASSWORD');
    expect(containerOf(plan).secrets).toEqual([{ name: 'PGPASSWORD', valueFrom: arn }]);
    expect(readable(plan)).toEqual(only(GIVEN));
    expect(after(plan, 'aws_rds_cluster.aurora_postgresql').master_password).toBe('ChangeMe123!');
  });

  it('RDS still keeps the password of a cluster that was given none', async () => {
    terraform.adopt(managedState);
    const plan = await terraform.plan({ ...REFERENCE_ENGINE, database_password_secret_arn: GIVEN }, '-refresh=false');
    expect(containerOf(plan).secrets).toEqual([{ name: 'PGPASSWORD', valueFrom: GIVEN }]);
    expect(readable(plan)).toEqual(only(GIVEN));
    expect(after(plan, 'aws_rds_cluster.aurora_postgresql').manage_master_user_password).toBe(true);
  });
});
