import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { FAST, temporaryDirectory } from '../../support/bastion';
import { type Answer, ProjectCopy } from '../../support/project';

const MINUTES = 60_000;
/** Of the local AWS. */
const ACCOUNT = '123456789012';
const SMALL = { aurora_instance_count: 1, monitoring_interval: 0, performance_insights_enabled: false };
const ENVIRONMENTS = {
  staging: { region: 'ap-northeast-1', posture: 'reference', variables: SMALL },
  production: {
    ...{ namePrefix: 'shop', region: 'eu-west-1', account: ACCOUNT, posture: 'hardened' },
    variables: { ...SMALL, database_name: 'shop' },
  },
};

const directory = temporaryDirectory();
const project = new ProjectCopy({ environments: ENVIRONMENTS });
const outputs = join(directory, 'outputs.json');
let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws({ directory: join(directory, 'aws'), faults: FAST });
}, MINUTES);

afterAll(() => aws[Symbol.asyncDispose]());

const folderOf = (stack: string): string => join(directory, 'aws/cdktf.out/stacks', stack);
const stateOf = (stack: string): string => readFileSync(join(directory, `aws/terraform.${stack}.tfstate`), 'utf8');
const connect = (argv: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Answer> =>
  project.connect(argv, { ...aws.environment, ...more });
const cdktf = (...argv: readonly string[]): Promise<Answer> =>
  project.run(['npx', '--no', 'cdktf', ...argv], aws.environment);
const terraform = (stack: string, argv: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Answer> =>
  project.run(['terraform', ...argv, '-no-color'], { ...aws.environment, ...more }, folderOf(stack));
/** With `-detailed-exitcode`: 0 nothing to change, 1 an error, 2 something. */
const plan = (stack: string, more: NodeJS.ProcessEnv = {}, ...options: readonly string[]): Promise<Answer> =>
  terraform(stack, ['plan', '-input=false', '-lock=false', '-detailed-exitcode', ...options], more);
const database = ['psql', '-Atc', 'select current_database()'];

/** One story, told in order. */
describe('two environments', () => {
  it(
    'are both there, and cdktf does not guess which is meant',
    async () => {
      const { exitCode, output, story } = await cdktf('deploy', '--auto-approve');
      expect(exitCode).not.toBe(0);
      expect(output + story).toMatch(
        /aurora-bg-staging[^]*aurora-bg-production|aurora-bg-production[^]*aurora-bg-staging/,
      );
    },
    MINUTES,
  );

  it(
    'are deployed side by side, each with a state of its own',
    async () => {
      const stacks = ['aurora-bg-staging', 'aurora-bg-production'];
      const { exitCode, output, story } = await cdktf('deploy', ...stacks, '--auto-approve', '--outputs-file', outputs);
      if (exitCode !== 0) throw new Error(`${output.slice(-4_000)}\n${story.slice(-4_000)}`);
      expect(stateOf('aurora-bg-staging')).toContain('"aurora-bg-staging-bastion-cluster"');
      expect(stateOf('aurora-bg-staging')).not.toContain('shop-');
      expect(stateOf('aurora-bg-production')).toContain('"shop-bastion-cluster"');
      expect(existsSync(join(directory, 'aws/terraform.aurora-bg.tfstate'))).toBe(false);
    },
    6 * MINUTES,
  );

  it.each<readonly [string, readonly string[], NodeJS.ProcessEnv, string]>([
    ['--env', ['--env', 'staging'], {}, 'mydb\n'],
    ['--env, of another region and posture', ['--env', 'production'], {}, 'shop\n'],
    ['BASTION_ENV', [], { BASTION_ENV: 'production' }, 'shop\n'],
    ['--env and a file with both', ['--env', 'staging', '--outputs', outputs], {}, 'mydb\n'],
    [
      '--env, whatever variables of another deployment say',
      ['--env', 'production'],
      { CLUSTER_NAME: 'aurora-bg-staging-bastion-cluster', REGION: 'ap-northeast-1' },
      'shop\n',
    ],
    [
      '--cluster alone',
      ['--cluster', 'shop-bastion-cluster', '--region', 'eu-west-1'],
      { BASTION_ENV: 'staging' },
      'shop\n',
    ],
  ])('are connected to by %s', async (_, argv, env, answer) => {
    const { exitCode, output, story } = await connect([...argv, ...database], env);
    expect([exitCode, output, story]).toEqual([0, answer, expect.any(String)]);
  });

  it(
    'are refused by every command where none is named',
    async () => {
      for (const argv of [[], ['psql'], ['status'], ['stop'], ['logs'], ['doctor'], ['policy'], ['sql'], ['start']]) {
        const { exitCode, output, story } = await connect(argv);
        expect([argv, exitCode, output]).toEqual([argv, 2, '']);
        expect(story).toMatch(/^Error: There are several environments: staging, production\nName one with --env NAME/);
      }
    },
    MINUTES,
  );

  it.each<readonly [string, readonly string[], number, RegExp]>([
    ['an unknown name', ['--env', 'prod'], 2, /There is no environment "prod"\nThere are: staging, production/],
    [
      'a file with both',
      ['--outputs', outputs],
      1,
      /hold several stacks: aurora-bg-.*\nName the environment with --env/,
    ],
    ['two names of one thing', ['--env', 'staging', '--cluster', 'x'], 2, /--env and --cluster exclude each other/],
  ])('are not guessed from %s', async (_, argv, exitCode, message) => {
    const answer = await connect([...argv, 'status']);
    expect([answer.exitCode, answer.output, answer.story]).toEqual([exitCode, '', expect.stringMatching(message)]);
  });

  it('keep their tasks apart', async () => {
    const started = await connect(['start', '--env', 'staging']);
    const task = started.output.trim();
    expect(started.story).toContain(`Stop it with: npm run connect -- --env staging stop ${task}`);
    const [staging, production] = await Promise.all(
      ['staging', 'production'].map((name) => connect(['status', '--json', '--env', name])),
    );
    expect(JSON.parse(staging?.output ?? '')).toMatchObject({
      cluster: 'aurora-bg-staging-bastion-cluster',
      region: 'ap-northeast-1',
      tasks: [{ id: task }],
    });
    expect(JSON.parse(production?.output ?? '')).toMatchObject({
      cluster: 'shop-bastion-cluster',
      region: 'eu-west-1',
      tasks: [],
    });
    expect(await connect(['stop', task, '--env', 'staging'])).toMatchObject({ exitCode: 0 });
  });

  it('have the policy of a person and the doctor each', async () => {
    const policy = await connect(['policy', '--env', 'production']);
    expect(policy.output).toContain('arn:aws:ecs:eu-west-1:123456789012:cluster/shop-bastion-cluster');
    expect(policy.output).not.toContain('staging');
    expect(await connect(['doctor', '--env', 'production'])).toMatchObject({ exitCode: 0 });
  });

  it(
    'take other sizes from Terraform’s own variables, and no other names',
    async () => {
      const larger = await plan('aurora-bg-staging', { TF_VAR_aurora_instance_count: '2' }, '-refresh=false');
      expect(larger.output).toMatch(/aws_rds_cluster_instance\.aurora_instance\[1\] will be created/);
      expect(larger.exitCode).toBe(2);
      const renamed = await plan('aurora-bg-staging', { TF_VAR_name_prefix: 'shop' }, '-refresh=false');
      expect([renamed.exitCode, renamed.story.replace(/\s*\n[│\s]*/g, ' ')]).toEqual([
        1,
        expect.stringMatching(/name_prefix is aurora-bg-staging in the environment staging/),
      ]);
    },
    MINUTES,
  );

  it(
    'are neither deployed nor connected to with credentials of another account',
    async () => {
      const elsewhere = { ...ENVIRONMENTS.staging, account: '210987654321' };
      project.setContext({ environments: { ...ENVIRONMENTS, staging: elsewhere } });
      expect(await cdktf('synth')).toMatchObject({ exitCode: 0 });
      const planned = await plan('aurora-bg-staging', {}, '-refresh=false');
      expect([planned.exitCode, planned.story]).toEqual([
        1,
        expect.stringMatching(/AWS account ID not allowed: 123456789012/i),
      ]);
      const connected = await connect(['status', '--env', 'staging']);
      expect([connected.exitCode, connected.output, connected.story]).toEqual([
        1,
        '',
        expect.stringMatching(/staging is in the account 210987654321, and the credentials are of 123456789012/),
      ]);
      project.setContext({ environments: ENVIRONMENTS });
    },
    MINUTES,
  );

  it(
    'are destroyed one by one: of the other nothing is to change, and it still answers',
    async () => {
      const before = stateOf('aurora-bg-production');
      const destroyed = await cdktf('destroy', 'aurora-bg-staging', '--auto-approve');
      if (destroyed.exitCode !== 0) throw new Error(`${destroyed.output.slice(-4_000)}\n${destroyed.story}`);
      expect(JSON.parse(stateOf('aurora-bg-staging'))).toMatchObject({ resources: [], outputs: {} });
      expect(stateOf('aurora-bg-production')).toBe(before);
      const { exitCode, output } = await plan('aurora-bg-production');
      expect([exitCode, output]).toEqual([0, expect.stringMatching(/No changes\./)]);
      expect(await connect(['--env', 'production', ...database])).toMatchObject({ exitCode: 0, output: 'shop\n' });
      expect(await connect(['--env', 'staging', ...database])).toMatchObject({ exitCode: 1, output: '' });
    },
    4 * MINUTES,
  );
});
