import { AwsCallError } from '../../../src/aws/errors';
import { AbsentError, type CheckResult, perform } from '../../../src/doctor/check';
import { CHECKS } from '../../../src/doctor/diagnose';
import type { Facts } from '../../../src/doctor/facts';
import { decide } from '../../../src/doctor/policy-document';
import { accessTo } from '../../../src/doctor/role-checks';
import { UserError } from '../../../src/errors';
import { connectPolicy } from '../../../src/iam/policy';

const { signal } = new AbortController();

/** Facts as given, all of them values in the place of calls: what moto cannot show. */
async function look(id: string, facts: object): Promise<CheckResult> {
  const check = CHECKS.find((one) => one.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  return await perform(check, { signal, target: TARGET, ...facts } as unknown as Facts);
}

const TARGET = { access: { region: 'eu-west-1' }, serviceName: 'service', securityGroup: 'sg-bastion' };
const POLICY = {
  partition: 'aws-cn',
  region: 'cn-north-1',
  account: '1',
  clusterName: 'bastion',
  taskDefinitionFamily: 'bastion',
  serviceName: 'service',
  containerName: 'bastion',
  executionRoleArn: 'arn:aws-cn:iam::1:role/execution',
  taskRoleArn: 'arn:aws-cn:iam::1:role/task',
  logGroupName: '/ecs/bastion',
  variant: 'connect',
  forward: false,
} as const;
const is =
  <T>(value: T) =>
  () =>
    Promise.resolve(value);

it('has an id and a title of its own for each check', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  expect(new Set(CHECKS.map(({ title }) => title)).size).toBe(CHECKS.length);
  expect(CHECKS.every(({ title }) => title.length <= 33)).toBe(true);
});

describe('subnets', () => {
  const subnet = { SubnetId: 'subnet-1', VpcId: 'vpc-1', AvailableIpAddressCount: 9 };
  const caller = is({ account: '1' });

  it('of a VPC that another account shares', async () => {
    const network = { subnets: is([subnet]), vpc: is({ OwnerId: '2' }) };
    const { status, found } = await look('subnets', { caller, network });
    expect([status, found]).toEqual(['warning', 'vpc-1 is shared by the account 2']);
  });

  it('without an address left', async () => {
    const network = { subnets: is([{ ...subnet, AvailableIpAddressCount: 0 }]), vpc: is({ OwnerId: '1' }) };
    expect((await look('subnets', { caller, network })).status).toBe('failed');
  });
});

describe('your rights', () => {
  const facts = (denied: readonly string[]) => ({
    caller: is({ arn: 'arn:aws-cn:iam::1:user/me', account: '1' }),
    cluster: is({ clusterArn: 'arn:aws-cn:ecs:cn-north-1:1:cluster/bastion' }),
    taskDefinition: is({
      taskDefinitionArn: 'arn:aws-cn:ecs:cn-north-1:1:task-definition/bastion:7',
      taskRoleArn: 'arn:aws-cn:iam::1:role/task',
    }),
    roles: {
      simulated: (_arn: string, [action = '']: readonly string[], resource: string) =>
        Promise.resolve(new Map([[action, denied.includes(`${action} on ${resource}`) ? 'denied' : 'allowed']])),
    },
  });
  const channel = 'ssmmessages:OpenDataChannel on arn:aws-cn:ssm:cn-north-1:1:session/ecs-execute-command-*';
  const pass = 'iam:PassRole on arn:aws-cn:iam::1:role/task';

  it('are enough', async () => {
    expect(await look('caller-rights', facts([]))).toMatchObject({ status: 'ok', remedy: '' });
  });

  it('to the channel alone are missing: the statement of the policy is named', async () => {
    const result = await look('caller-rights', facts([channel]));
    expect(result).toMatchObject({ status: 'failed', found: `Not allowed: ${channel}` });
    const [, command, statement] = /^Ask for the rights of: (.*) \(the statement (.*)\)$/.exec(result.remedy) ?? [];
    expect(command).toBe('npm run connect -- policy');
    expect(connectPolicy(POLICY).Statement.map(({ Sid }) => Sid)).toContain(statement);
  });

  it('to the channel and others are missing: the whole policy is', async () => {
    expect(await look('caller-rights', facts([pass, channel]))).toMatchObject({
      found: `Not allowed: ${pass} and ${channel}`,
      remedy: 'Ask for the rights of: npm run connect -- policy',
    });
  });
});

it.each([
  [['available', 'available'], 'ok', '2 of 2 available'],
  [['available', 'rebooting'], 'warning', '1 of 2 available: i1 is rebooting'],
  [['stopped', 'stopped'], 'failed', '0 of 2 available: i0 is stopped and i1 is stopped'],
  [[], 'failed', 'The cluster has no instance, and so nothing that answers'],
])('instances that are %j: %s', async (states, status, found) => {
  const instances = states.map((DBInstanceStatus, at) => ({ DBInstanceIdentifier: `i${at}`, DBInstanceStatus }));
  expect(await look('database-instances', { database: { instances: is(instances) } })).toMatchObject({ status, found });
});

describe('logging of sessions', () => {
  const clusterArn = 'arn:aws:ecs:eu-west-1:1:cluster/bastion';
  const GROUPS = { Action: 'logs:DescribeLogGroups', Resource: '*' };
  const STREAM = ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'];
  const STREAMS = { Action: STREAM, Resource: 'arn:aws:logs:eu-west-1:1:log-group:/exec:*' };
  const OBJECTS = { Action: 's3:PutObject', Resource: 'arn:aws:s3:::bucket/exec/*' };
  const BUCKET = { Action: 's3:GetEncryptionConfiguration', Resource: 'arn:aws:s3:::bucket' };
  const toGroup = { cloudWatchLogGroupName: '/exec', s3BucketName: '' };
  const toBucket = { s3BucketName: 'bucket', s3KeyPrefix: 'exec' };

  function logging(logConfiguration: object | undefined, ...statements: readonly object[]): Promise<CheckResult> {
    const policy = { Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) };
    const executeCommandConfiguration = { logging: 'OVERRIDE', logConfiguration };
    return look('exec-logging', {
      cluster: is({ clusterArn, configuration: { executeCommandConfiguration } }),
      taskDefinition: is({ taskRoleArn: 'arn:aws:iam::1:role/task' }),
      roles: {
        decisions: (_arn: string, actions: readonly string[], resource: string) =>
          Promise.resolve(new Map(actions.map((action) => [action, decide([policy], action, resource)]))),
      },
    });
  }

  it.each<[string, object, object[], string]>([
    ['a log group', toGroup, [GROUPS, STREAMS], 'To /exec'],
    ['an encrypted log group', { ...toGroup, cloudWatchEncryptionEnabled: true }, [GROUPS, STREAMS], 'To /exec'],
    ['a bucket', toBucket, [OBJECTS, BUCKET], 'To bucket'],
    [
      'both',
      { ...toBucket, cloudWatchLogGroupName: '/exec' },
      [GROUPS, STREAMS, OBJECTS, BUCKET],
      'To /exec and bucket',
    ],
  ])('goes to %s for which the task role has the rights', async (_, configuration, statements, found) => {
    expect(await logging(configuration, ...statements)).toMatchObject({ status: 'ok', found });
  });

  it.each<[string, object, object[], RegExp]>([
    ['all of a log group', toGroup, [], /may not call logs:DescribeLogGroups, .* and logs:PutLogEvents$/],
    ['one of a log group', toGroup, [STREAMS], /to \/exec, but the task role may not call logs:DescribeLogGroups$/],
    // IAM asks for it on a group without a name, which this pattern does not fit.
    ['the same', toGroup, [STREAMS, { ...GROUPS, Resource: STREAMS.Resource }], /may not call logs:DescribeLogGroups$/],
    ['those of this log group', { ...toGroup, cloudWatchLogGroupName: '/other' }, [GROUPS, STREAMS], /CreateLogStream/],
    ['all of a bucket', toBucket, [], /may not call s3:PutObject and s3:GetEncryptionConfiguration$/],
    ['those of this folder', { ...toBucket, s3KeyPrefix: 'other' }, [OBJECTS, BUCKET], /may not call s3:PutObject$/],
  ])('leaves no record where the task role lacks rights: %s', async (_, configuration, statements, found) => {
    const result = await logging(configuration, ...statements);
    expect(result).toMatchObject({ status: 'warning', found: expect.stringMatching(found) as string });
    expect(result.remedy).toMatch(/^Take it that there is no record, or allow it to the task role/);
  });

  it.each([
    ['group', { ...toGroup, cloudWatchEncryptionEnabled: true }],
    ['bucket', { ...toBucket, s3EncryptionEnabled: true }],
  ])(
    'keeps sessions from opening where the %s has to be encrypted, and may not be looked at',
    async (_, configuration) => {
      const result = await logging(configuration);
      expect(result.status).toBe('failed');
      expect(result.remedy).toMatch(/^The agent opens no session before it has seen/);
    },
  );

  it('depends where the rights do', async () => {
    const Condition = { StringEquals: { 'aws:PrincipalTag/team': 'data' } };
    const result = await logging(toGroup, STREAMS, { ...GROUPS, Condition });
    expect(result).toMatchObject({
      status: 'warning',
      found: expect.stringMatching(/conditions of logs:Desc/) as string,
    });
  });

  it('needs a place', async () => {
    const result = await logging(undefined);
    expect(result).toMatchObject({
      status: 'warning',
      found: 'Sessions are not logged: logging is OVERRIDE, and names neither log group nor bucket',
    });
  });
});

it.each([
  ['1.3.0', 'failed'],
  ['1.4.0', 'ok'],
  ['LATEST', 'ok'],
])('a service on Fargate %s: %s', async (platformVersion, status) => {
  const service = is({ enableExecuteCommand: true, platformVersion, desiredCount: 1, runningCount: 1 });
  expect((await look('service', { service })).status).toBe(status);
});

describe('without a NAT gateway', () => {
  const table = { Associations: [{ SubnetId: 'subnet-1' }], RouteTableId: 'rtb-1', Routes: [] };
  const image = '1.dkr.ecr.eu-west-1.amazonaws.com/bastion:1';
  const logConfiguration = { logDriver: 'awslogs' };
  const endpoint = (service: string, more: object = {}) => ({
    ServiceName: `com.amazonaws.eu-west-1.${service}`,
    VpcEndpointId: `vpce-${service}`,
    VpcEndpointType: 'Interface',
    State: 'available',
    PrivateDnsEnabled: true,
    Groups: [{ GroupId: 'sg-endpoint' }],
    ...more,
  });
  const s3 = endpoint('s3', { VpcEndpointType: 'Gateway', RouteTableIds: ['rtb-1'] });
  const open = { IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-bastion' }] }] };
  const all = [endpoint('ecr.api'), endpoint('ecr.dkr'), endpoint('logs'), s3];

  const imagePath = (endpoints: object[], container: object = {}, group: object = open): Promise<CheckResult> =>
    look('image-path', {
      container: is({ image, logConfiguration, command: ['sh', '-c', 'yum install -y postgresql15'], ...container }),
      network: {
        endpoints: is(endpoints),
        routeTables: is([table]),
        natGateways: is([]),
        subnets: is([{ SubnetId: 'subnet-1', CidrBlock: '10.0.0.0/24' }]),
        securityGroups: is([group]),
      },
    });

  it('endpoints are enough for an image in ECR and the packages of Amazon Linux', async () => {
    expect(await imagePath(all)).toMatchObject({ status: 'ok', found: 'Through endpoints' });
  });

  it.each<[string, object[], object, RegExp]>([
    ['ecr.dkr', all.filter((one) => one.VpcEndpointId !== 'vpce-ecr.dkr'), {}, /no endpoint for ecr\.dkr$/],
    ['logs', all.filter((one) => one.VpcEndpointId !== 'vpce-logs'), {}, /no endpoint for logs$/],
    ['s3', all.filter((one) => one !== s3), {}, /no endpoint for s3$/],
    ['s3 in the route table', [...all.slice(0, 3), { ...s3, RouteTableIds: [] }], {}, /no endpoint for s3$/],
    [
      'secretsmanager',
      all,
      { secrets: [{ name: 'PGPASSWORD', valueFrom: 'arn:aws:secretsmanager:eu-west-1:1:secret:a' }] },
      /no endpoint for secretsmanager$/,
    ],
    ['other packages', all, { command: ['sh', '-c', 'apk add postgresql'] }, /packages come from the internet$/],
    ['the registry', all, { image: 'postgres:15' }, /registry of postgres:15 is on the internet$/],
  ])('what is missing is named: %s', async (_, endpoints, container, found) => {
    const result = await imagePath(endpoints, container);
    expect(result.status).toBe('failed');
    expect(result.found).toMatch(found);
  });

  it('an endpoint whose policy forbids it is in the way', async () => {
    const PolicyDocument = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] });
    const result = await imagePath([endpoint('logs', { PolicyDocument }), ...all.filter((one) => one !== all[2])]);
    expect(result).toMatchObject({ status: 'failed', found: expect.stringContaining('logs:PutLogEvents') as string });
  });

  it.each([
    ['ssmmessages:*', 'ok'],
    ['ssmmessages:OpenDataChannel', 'failed'],
  ])('an endpoint that allows %s, where people may open data channels: %s for the agent', async (Action, status) => {
    const PolicyDocument = JSON.stringify({ Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
    const network = {
      endpoints: is([endpoint('ssmmessages', { PolicyDocument })]),
      subnets: is([{ SubnetId: 'subnet-1', CidrBlock: '10.0.0.0/24' }]),
      securityGroups: is([open]),
    };
    expect((await look('ssmmessages-path', { network })).status).toBe(status);
  });
});

it.each([
  [
    'arn:aws:secretsmanager:eu-west-1:1:secret:a-b',
    'secretsmanager:GetSecretValue',
    'arn:aws:secretsmanager:eu-west-1:1:secret:a-b',
  ],
  [
    'arn:aws:secretsmanager:eu-west-1:1:secret:a-b:key::',
    'secretsmanager:GetSecretValue',
    'arn:aws:secretsmanager:eu-west-1:1:secret:a-b',
  ],
  ['arn:aws:ssm:eu-west-1:1:parameter/a', 'ssm:GetParameters', 'arn:aws:ssm:eu-west-1:1:parameter/a'],
  ['/team/password', 'ssm:GetParameters', 'arn:aws:ssm:eu-west-1:1:parameter/team/password'],
])('a secret from %s takes %s', (from, action, arn) => {
  expect(accessTo(from, 'arn:aws:ssm:eu-west-1:1')).toEqual({ action, arn });
});

describe('what cannot be seen', () => {
  const facts = { signal } as unknown as Facts;
  const failing = (error: Error) => ({ id: 'own', title: 'Own', look: () => Promise.reject(error) });

  it.each<[string, Error, Partial<CheckResult>]>([
    ['a thing of its own', new AbsentError('own', 'It is gone', 'Deploy'), { status: 'failed', remedy: 'Deploy' }],
    ['a thing of another check', new AbsentError('other', 'It is gone', 'Deploy'), { status: 'skipped', remedy: '' }],
    [
      'a right',
      new AwsCallError('Not allowed to call ec2:DescribeVpcs: no', '', { cause: { name: 'UnauthorizedOperation' } }),
      { status: 'skipped', found: 'Not allowed to call ec2:DescribeVpcs' },
    ],
    ['the network', new UserError('AWS cannot be reached', 'Check it'), { status: 'skipped', remedy: 'Check it' }],
  ])('%s', async (_, error, expected) => {
    expect(await perform(failing(error), facts)).toMatchObject(expected);
  });

  it('a fault of this program is none of these', async () => {
    await expect(perform(failing(new TypeError('oh')), facts)).rejects.toThrow('oh');
  });
});
