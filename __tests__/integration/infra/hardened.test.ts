import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { requirePostgres } from '../../../src/local-aws/tools';
import { element, FAST, query, temporaryDirectory } from '../../support/bastion';
import { runHelper } from '../../support/helper';
import { REFERENCE_FILES } from '../../support/reference';
import { type Plan, TerraformFolder } from '../../support/terraform';

const MINUTES = 60_000;
const HARDENED = { posture: 'hardened' } as const;
const LOSSY = { ...HARDENED, allowDataLoss: true } as const;

const changesOf = (plan: Plan, action: string): string[] =>
  plan.resource_changes
    .filter(({ mode, change }) => mode === 'managed' && change.actions.join() === action)
    .map(({ address }) => address)
    .toSorted();

const after = (plan: Plan, address: string): Readonly<Record<string, unknown>> =>
  plan.resource_changes.find((change) => change.address === address)?.change.after ?? {};

async function start(): Promise<{
  readonly aws: LocalAws;
  readonly directory: string;
  readonly terraform: TerraformFolder;
}> {
  const directory = temporaryDirectory();
  const aws = await startLocalAws({ directory: join(directory, 'aws'), faults: FAST });
  const terraform = new TerraformFolder(directory, aws.environment);
  await terraform.initialize(HARDENED);
  return { aws, directory, terraform };
}

/** One story, told in order. */
describe('the hardened system', () => {
  let aws: LocalAws;
  let terraform: TerraformFolder;
  let outputs: string;

  beforeAll(async () => {
    const started = await start();
    ({ aws, terraform } = started);
    outputs = join(started.directory, 'outputs.json');
  }, 2 * MINUTES);

  afterAll(() => aws[Symbol.asyncDispose]());

  it(
    'is deployed, and nothing is left to change',
    async () => {
      await terraform.apply({});
      writeFileSync(outputs, await terraform.outputs());
      const plan = await terraform.plan({});
      const changes = plan.resource_changes.filter(({ change }) => change.actions.join() !== 'no-op');
      expect(changes.map(({ address, change }) => `${change.actions.join()} ${address}`)).toEqual([]);
      expect(changesOf(plan, 'no-op')).toContain('aws_rds_cluster.aurora_postgresql');
      // Not the image on Alpine Linux, which has no `script` and so leaves no record of sessions.
      const { container_definitions: containers } = after(plan, 'aws_ecs_task_definition.bastion');
      expect(String(containers)).toMatch(/postgres:15-trixie"/);
    },
    4 * MINUTES,
  );

  it('is connected to by the helper, through a session that is encrypted with its key', async () => {
    const argv = ['--outputs', outputs, 'exec', '--', 'psql', '-Atc', 'select 1'];
    const { exitCode, output, story } = await runHelper(argv, aws.environment);
    expect([exitCode, output]).toEqual([0, '1\n']);
    expect(story).toMatch(/This session is encrypted using AWS KMS/);
  });

  it('is reached by a program of this machine, which checks its certificate', async () => {
    const env = { ...aws.environment, PATH: `${requirePostgres()}:${process.env.PATH ?? ''}` };
    const argv = ['--outputs', outputs, 'forward', '--root-cert', aws.databaseAuthority, '--', 'psql', '-XAtqwc'];
    const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    const { exitCode, output, story } = await runHelper([...argv, sql], env);
    expect([exitCode, output]).toEqual([0, 't\n']);
    expect(story).toMatch(/→ writer \(aurora-bg/);
  });

  it('gives the doctor nothing to complain about', async () => {
    const argv = ['doctor', '--deep', '--json', '--outputs', outputs];
    const { exitCode, output } = await runHelper(argv, aws.environment);
    const { checks } = JSON.parse(output) as { checks: { id: string; status: string; found: string }[] };
    const wrong = checks.filter(({ status }) => status !== 'ok' && status !== 'skipped');
    expect([exitCode, wrong]).toEqual([0, []]);
    expect(checks).toContainEqual(expect.objectContaining({ id: 'exec-logging', status: 'ok' }));
    expect(checks).toContainEqual(expect.objectContaining({ id: 'inside-record', status: 'ok' }));
    expect(checks).toContainEqual(expect.objectContaining({ id: 'open-egress', status: 'ok' }));
  });

  it(
    'gets ways to the internet only when asked for',
    async () => {
      const plan = await terraform.plan({ enable_nat_gateways: true });
      expect(changesOf(plan, 'create').filter((address) => address.startsWith('aws_nat_gateway.'))).toHaveLength(3);
      expect(changesOf(plan, 'create')).toContain('aws_internet_gateway.main[0]');
      expect(changesOf(plan, 'update')).toContain('aws_security_group.bastion');
      expect(JSON.stringify(after(plan, 'aws_security_group.bastion').egress)).toContain('0.0.0.0/0');
      expect(changesOf(plan, 'delete')).toEqual([]);
    },
    MINUTES,
  );

  it(
    'takes an image of one’s own, and no other registry',
    async () => {
      const image = '210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/client:15';
      const plan = await terraform.plan({ bastion_container_image: image });
      expect(String(after(plan, 'aws_ecs_task_definition.bastion').container_definitions)).toContain(image);
      expect(changesOf(plan, 'delete')).toEqual(['aws_ecr_pull_through_cache_rule.public[0]']);
      expect(String(after(plan, 'aws_iam_role_policy.task_execution').policy)).toContain(
        'arn:aws:ecr:eu-west-1:210987654321:repository/team/client"',
      );
      await expect(terraform.plan({ bastion_container_image: 'postgres:15' })).rejects.toThrow(/is an image in ECR/);
    },
    MINUTES,
  );

  it(
    'is not destroyed by a plan that may not lose data',
    async () => {
      await expect(terraform.destroy({})).rejects.toThrow(/Instance cannot be destroyed/);
    },
    MINUTES,
  );

  it('nor by one call, and what it stores is encrypted', async () => {
    const clusters = await query(aws, 'rds', { Action: 'DescribeDBClusters', Version: '2014-10-31' });
    expect(element(clusters, 'DeletionProtection')).toBe('true');
    expect(element(clusters, 'StorageEncrypted')).toBe('true');
    expect(element(clusters, 'IAMDatabaseAuthenticationEnabled')).toBe('true');
  });

  it(
    'is destroyed when both are lifted, and leaves a snapshot',
    async () => {
      terraform.write(LOSSY);
      await terraform.apply({ deletion_protection: false });
      await terraform.destroy({ deletion_protection: false });
      expect(await terraform.outputs()).toBe('{}\n');
      const form = { Action: 'DescribeDBClusterSnapshots', Version: '2014-10-31', SnapshotType: 'manual' };
      const snapshots = await query(aws, 'rds', form);
      expect(element(snapshots, 'DBClusterSnapshotIdentifier')).toMatch(/^aurora-bg-aurora-final-snapshot-\d{4}-/);
    },
    8 * MINUTES,
  );
});

describe('over the state of the reference', () => {
  let aws: LocalAws;
  let terraform: TerraformFolder;

  beforeAll(async () => {
    ({ aws, terraform } = await start());
    terraform.adopt(REFERENCE_FILES['one-off tasks']);
  }, 2 * MINUTES);

  afterAll(() => aws[Symbol.asyncDispose]());

  it(
    'Terraform refuses to replace the cluster, also where the synthesis does not see the state',
    async () => {
      terraform.write(HARDENED);
      await expect(terraform.plan({}, '-refresh=false')).rejects.toThrow(
        /Instance cannot be destroyed[^]*aws_rds_cluster\.aurora_postgresql/,
      );
    },
    MINUTES,
  );

  it(
    'with data loss allowed it replaces the cluster, and keeps network, groups and roles',
    async () => {
      terraform.write(LOSSY);
      const plan = await terraform.plan({}, '-refresh=false');
      expect(changesOf(plan, 'delete,create')).toEqual([
        'aws_ecs_task_definition.bastion',
        'aws_rds_cluster.aurora_postgresql',
        'aws_rds_cluster_instance.aurora_instance[0]',
        'aws_rds_cluster_instance.aurora_instance[1]',
      ]);
      const updated = changesOf(plan, 'update');
      for (const address of [
        'aws_ecs_cluster.bastion',
        'aws_security_group.bastion',
        'aws_security_group.vpc_endpoint',
      ]) {
        expect(updated).toContain(address);
      }
      expect(changesOf(plan, 'delete').filter((address) => address.startsWith('aws_nat_gateway.'))).toHaveLength(3);
    },
    MINUTES,
  );
});
