import { Project } from './project';

const project = new Project();
afterEach(() => {
  expect(project.leftovers()).toEqual([]);
  project.restore();
});

const NONE = /^No change to the infrastructure against (HEAD|main) \([0-9a-f]{7}\)\n$/;
/** The review without the commit in its first line. */
const body = (output: string): string => output.replace(/^aurora-bg against .*? \([0-9a-f]{7}\): /, '');

it('says in one line that nothing changed, and leaves the repository as it was', async () => {
  expect(await project.review()).toEqual({ output: expect.stringMatching(NONE) as string, story: '', exitCode: 0 });
  expect(project.git('status', '--porcelain')).toBe('');
  expect(project.git('worktree', 'list').trim().split('\n')).toHaveLength(1);
});

it.each([
  [
    'a source widened',
    'src/infra/database-group.ts',
    'cidrBlocks: [openTo]',
    "cidrBlocks: ['0.0.0.0/0']",
    `resources: 1 REPLACED

Resources
  -/+ aws_security_group_rule.aurora_ingress_vpc: destroyed and created again
        ~ cidr_blocks[0]: var.vpc_cidr → "0.0.0.0/0" (forces replacement)

Exposure
    - aws_security_group.aurora: ingress tcp 5432 from var.vpc_cidr (10.0.0.0/16)
    + aws_security_group.aurora: ingress tcp 5432 from 0.0.0.0/0: THE WHOLE INTERNET
`,
  ],
  [
    'a construct renamed',
    'src/infra/database-group.ts',
    "'group.aurora'",
    "'group.database'",
    `resources: 4 REPLACED

Resources
  -/+ aws_security_group.database: aws_security_group.aurora renamed WITHOUT A MOVED BLOCK: destroyed and created again

Destroyed and created again in consequence
  -/+ aws_security_group_rule.aurora_egress_all, aws_security_group_rule.aurora_from_bastion, aws_security_group_rule.aurora_ingress_vpc: security_group_id comes from aws_security_group.database
`,
  ],
  [
    'logs kept longer',
    'src/infra/bastion.ts',
    'LOG_RETENTION_DAYS = 7',
    'LOG_RETENTION_DAYS = 30',
    `resources: 1 changed

Resources
    ~ aws_cloudwatch_log_group.bastion
        ~ retention_in_days: 7 → 30
`,
  ],
  [
    'a right added',
    'src/infra/bastion-roles.ts',
    "'logs:PutLogEvents'",
    "'logs:PutLogEvents', 'logs:*'",
    `resources: 1 changed

Resources
    ~ aws_iam_role_policy.task_ssm
        + policy.Statement[1].Action: "logs:*"

Rights
    + aws_iam_role.task: allow logs:* on \${aws_cloudwatch_log_group.bastion.arn}:* (WILDCARD: actions)
`,
  ],
  [
    'a service of the endpoints left out',
    'src/infra/endpoints.ts',
    "  logs: 'logs',\n",
    '',
    `resources: 1 removed

Resources
    - aws_vpc_endpoint.logs

Exposure
    - aws_vpc_endpoint.logs: no policy: everybody may do everything through it

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    - aws_vpc_endpoint.logs: 30.66 → nothing
    ~ in all: 465.01 → 434.35 (-30.66)
`,
  ],
])('reviews an edit of the source: %s', async (_, file, from, to, expected) => {
  project.edit(file, from, to);
  const { output, story, exitCode } = await project.review();
  expect([body(output), story, exitCode]).toEqual([expected, '', 0]);
});

it('says the same twice, in both forms', async () => {
  project.edit('src/infra/bastion-variables.ts', "default: '256'", "default: '512'");
  project.edit('src/infra/network.ts', 'enableDnsHostnames: true', 'enableDnsHostnames: false');
  for (const form of [[], ['--markdown']]) {
    const [one, other] = [await project.review(...form), await project.review(...form)];
    expect(other).toEqual(one);
    expect(one.output).toContain('enable_dns_hostnames: true → false');
  }
});

it('compares with where the branch left the default one, or with what it is told', async () => {
  project.git('checkout', '--quiet', '-b', 'feature');
  project.edit('src/infra/bastion.ts', 'LOG_RETENTION_DAYS = 7', 'LOG_RETENTION_DAYS = 30');
  project.commit();
  project.git('branch', '--quiet', 'other', 'main');
  project.git('checkout', '--quiet', 'other');
  project.edit('src/infra/network.ts', 'enableDnsHostnames: true', 'enableDnsHostnames: false');
  project.commit();
  const advanced = project.git('rev-parse', 'other').trim();
  project.git('checkout', '--quiet', 'feature');
  const against = await project.review();
  const byName = await project.review('--base', advanced);
  const itself = await project.review('--base', 'HEAD');
  expect(against.output).toMatch(/^aurora-bg against main \(/);
  expect(against.output).not.toContain('enable_dns_hostnames');
  expect(byName.output).toContain('enable_dns_hostnames: false → true');
  expect(itself.output).toMatch(NONE);
});

it('says when the packages are not those of the base', async () => {
  project.edit('package-lock.json', '"name": "aurora-bastion"', '"name": "another"');
  const { story, exitCode } = await project.review();
  expect([story, exitCode]).toEqual([
    'package-lock.json differs: the base is synthesized with the packages that are installed now\n',
    0,
  ]);
});

it('reviews each stack of an app', async () => {
  project.edit('main.ts', 'app.synth()', "new AuroraBastionStack(app, 'second');\napp.synth()");
  const { output } = await project.review();
  expect(output).toMatch(/^second against .*: a new stack: resources: 44 added; /);
  expect(output).not.toContain('aurora-bg against');
});

it.each<readonly [string, readonly string[], () => void, number, RegExp]>([
  [
    'a base that is not there',
    ['--base', 'nowhere'],
    () => undefined,
    1,
    /^Error: There is no commit "nowhere" here\n/,
  ],
  ['a base that is an option', ['--base=--all'], () => undefined, 1, /^Error: There is no commit "--all" here\n/],
  [
    'a stack that cannot be synthesized',
    [],
    () => {
      project.edit('main.ts', 'app.synth()', "throw new TypeError('no stack today')");
    },
    1,
    /^Error: The working tree cannot be synthesized: TypeError: no stack today\n/,
  ],
  [
    'a base without an app',
    ['--base', 'bare'],
    () => {
      project.git('checkout', '--quiet', '--orphan', 'bare');
      project.git('rm', '--quiet', '--cached', 'cdktf.json');
      project.git('-c', 'user.name=a', 'commit', '--quiet', '--message=bare');
      project.git('checkout', '--quiet', '--force', 'main');
    },
    1,
    /^Error: The base is no CDKTF project/,
  ],
  ['an option that there is not', ['--what'], () => undefined, 2, /^Error: Unknown option '--what'\nSee --help\n$/],
])('names what is wrong: %s', async (_, argv, prepare, code, expected) => {
  prepare();
  const { output, story, exitCode } = await project.review(...argv);
  expect([output, exitCode]).toEqual(['', code]);
  expect(story).toMatch(expected);
});

it('has help', async () => {
  const { output, exitCode } = await project.review('--help');
  expect([output.split('\n')[2], exitCode]).toEqual(['Usage: npm run review -- [--base REF] [--markdown]', 0]);
});

it('cleans up when it is ended', async () => {
  expect(await project.interrupt('SIGTERM')).toBe(143);
});

it('finds a project that is a folder of its repository', async () => {
  const nested = new Project('infrastructure/bastion');
  expect((await nested.review()).output).toMatch(NONE);
  nested.edit('src/infra/bastion.ts', 'LOG_RETENTION_DAYS = 7', 'LOG_RETENTION_DAYS = 30');
  expect((await nested.review()).output).toContain('retention_in_days: 7 → 30');
  expect(nested.leftovers()).toEqual([]);
});
