import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { temporaryDirectory } from '../../support/bastion';
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

const after = (plan: Plan, address: string): Readonly<Record<string, unknown>> =>
  plan.resource_changes.find((change) => change.address === address)?.change.after ?? {};

const networksOf = (plan: Plan, tier: string): unknown[] =>
  plan.resource_changes
    .filter(({ address }) => address.startsWith(`aws_subnet.${tier}[`))
    .map(({ change }) => change.after?.cidr_block)
    .toSorted();

describe('a new system', () => {
  it('has the resources of the existing one and the right to read the secret in which RDS keeps the password', async () => {
    const plan = await terraform.plan({});
    const managed = plan.resource_changes.filter(({ mode }) => mode === 'managed');
    expect(managed.every(({ change }) => change.actions.join() === 'create')).toBe(true);
    expect(managed).toHaveLength(66);
    expect(managed.map(({ address }) => address)).toContain('aws_iam_role_policy.task_execution_secret[0]');
    expect(after(plan, 'aws_rds_cluster.aurora_postgresql')).toMatchObject({
      manage_master_user_password: true,
      master_password: null,
    });
  });

  it('follows region and engine version', async () => {
    const plan = await terraform.plan({ aws_region: 'us-west-2', aurora_engine_version: '16.6' });
    expect(after(plan, 'aws_vpc_endpoint.ssmmessages').service_name).toBe('com.amazonaws.us-west-2.ssmmessages');
    expect(after(plan, 'aws_db_parameter_group.aurora_postgresql')).toMatchObject({
      family: 'aurora-postgresql16',
      name: 'aurora-bg-aurora-pg16-params',
    });
    expect(networksOf(plan, 'private')).toEqual(['10.0.100.0/24', '10.0.101.0/24', '10.0.102.0/24', '10.0.103.0/24']);
  });

  it('takes the policies that AWS keeps from the partition of its region', async () => {
    const plan = await terraform.plan({ aws_region: 'us-gov-west-1' });
    expect(after(plan, 'aws_iam_role_policy_attachment.task_execution').policy_arn).toBe(
      'arn:aws-us-gov:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    );
  });

  it('has room for its subnets in the smallest network, in the region with the most zones', async () => {
    const plan = await terraform.plan({ aws_region: 'us-east-1', vpc_cidr: '10.1.0.0/20' });
    const networks = ['public', 'private', 'database'].flatMap((tier) => networksOf(plan, tier));
    expect(new Set(networks).size).toBe(18);
    expect(networks.every((network) => String(network).endsWith('/28'))).toBe(true);
  });
});
