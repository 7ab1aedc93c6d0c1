import { connectPolicy, type ConnectPolicyOptions, type PolicyVariant } from '../../../src/iam/policy';
import { evaluate } from '../../../src/local-aws/iam/evaluate';
import type { RequestContext } from '../../../src/local-aws/iam/pattern';

const USER_ID = 'AROAEXAMPLE:ann';
const OTHER_ID = 'AROAEXAMPLE:bob';
const KEY = 'arn:aws:kms:ap-northeast-1:123456789012:key/1234';

const SECRET = 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:bg-password-abcdef';

const OPTIONS: ConnectPolicyOptions = {
  partition: 'aws',
  region: 'ap-northeast-1',
  account: '123456789012',
  clusterName: 'bg-bastion-cluster',
  taskDefinitionFamily: 'bg-bastion',
  serviceName: 'bg-bastion-service',
  containerName: 'bastion',
  executionRoleArn: 'arn:aws:iam::123456789012:role/bg-bastion-execution-role',
  taskRoleArn: 'arn:aws:iam::123456789012:role/bg-bastion-task-role',
  logGroupName: '/ecs/bg-bastion',
  sessionKeyArn: KEY,
  variant: 'connect',
  forward: false,
  passwordSecretArn: SECRET,
};

const ecs = (resource: string, region = 'ap-northeast-1', account = '123456789012') =>
  `arn:aws:ecs:${region}:${account}:${resource}`;
const ssm = (resource: string, region = 'ap-northeast-1', account = '123456789012') =>
  `arn:aws:ssm:${region}:${account}:${resource}`;
const logs = (resource: string) => `arn:aws:logs:ap-northeast-1:123456789012:log-group:${resource}`;

const CLUSTER = ecs('cluster/bg-bastion-cluster');
const TASK = ecs('task/bg-bastion-cluster/0123');
const NEW_TASK = ecs('task/bg-bastion-cluster/*');
const DEFINITION = ecs('task-definition/bg-bastion:7');
const EXEC_SESSION = 'session/ecs-execute-command-0123456789abcdef0';

const IN_CLUSTER = { 'ecs:cluster': CLUSTER };
const OWN_TASK = { 'aws:ResourceTag/aurora-bastion:owner-id': USER_ID };
const OWN_TAG = { 'aws:RequestTag/aurora-bastion:owner-id': USER_ID };
const OWN_REQUEST = { ...IN_CLUSTER, ...OWN_TAG };
const BY_RUN_TASK = { ...OWN_REQUEST, 'ecs:CreateAction': 'RunTask' };
const TO_ECS = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
const IN_BASTION = { ...IN_CLUSTER, 'ecs:container-name': 'bastion' };
const OTHER_TASK = { 'aws:ResourceTag/aurora-bastion:owner-id': OTHER_ID };
const DOCUMENT_CHECKED = { 'ssm:SessionDocumentAccessCheck': 'true' };
const DOCUMENT_UNCHECKED = { 'ssm:SessionDocumentAccessCheck': 'false' };
const AS_USER = { 'aws:userid': 'AIDAEXAMPLE', 'aws:username': 'ann' };
const OWN_SESSION = { 'ssm:resourceTag/aws:ssmmessages:session-id': USER_ID };

type Call = readonly [what: string, action: string, resource: string, context?: RequestContext];

/** Both variants allow these. */
const ALWAYS: readonly Call[] = [
  ['exec: the cluster', 'ecs:ExecuteCommand', CLUSTER, IN_BASTION],
  ["exec: a service's task", 'ecs:ExecuteCommand', TASK, IN_BASTION],
  ['exec: an own task', 'ecs:ExecuteCommand', TASK, { ...IN_BASTION, ...OWN_TASK }],
  ['resume a session of ECS Exec', 'ssm:ResumeSession', ssm(EXEC_SESSION)],
  ['end a session of ECS Exec', 'ssm:TerminateSession', ssm(EXEC_SESSION)],
  ['open the channel of a session of ECS Exec', 'ssmmessages:OpenDataChannel', ssm(EXEC_SESSION)],
  ['list the tasks of the cluster', 'ecs:ListTasks', '*', IN_CLUSTER],
  ['describe a task', 'ecs:DescribeTasks', TASK, IN_CLUSTER],
  ['describe the service', 'ecs:DescribeServices', ecs('service/bg-bastion-cluster/bg-bastion-service'), IN_CLUSTER],
  ['read a stream', 'logs:GetLogEvents', logs('/ecs/bg-bastion:log-stream:ecs/bastion/0123')],
  ['search the log', 'logs:FilterLogEvents', logs('/ecs/bg-bastion:log-stream:')],
  ['search the log by its group', 'logs:FilterLogEvents', logs('/ecs/bg-bastion')],
  ['list the streams', 'logs:DescribeLogStreams', logs('/ecs/bg-bastion:log-stream:')],
  ['encrypt a session', 'kms:GenerateDataKey', KEY],
  ['see that the cluster encrypts', 'ecs:DescribeClusters', CLUSTER],
];

/** `connect` allows these, `service-only` does not. */
const OF_CONNECT: readonly Call[] = [
  ['run a task in the own name', 'ecs:RunTask', DEFINITION, OWN_REQUEST],
  ['run an older revision', 'ecs:RunTask', ecs('task-definition/bg-bastion:1'), OWN_REQUEST],
  ['tag a new task', 'ecs:TagResource', NEW_TASK, BY_RUN_TASK],
  ['pass the execution role', 'iam:PassRole', OPTIONS.executionRoleArn, TO_ECS],
  ['pass the task role', 'iam:PassRole', OPTIONS.taskRoleArn, TO_ECS],
  ['stop an own task', 'ecs:StopTask', TASK, { ...IN_CLUSTER, ...OWN_TASK }],
];

/** What database it is stands there; only those who start no task and forward nothing do without. */
const DESCRIBE_DEFINITION: Call = ['describe the task definition', 'ecs:DescribeTaskDefinition', '*'];

/** These are allowed with `forward` only. */
const OF_FORWARD: readonly Call[] = [
  ['read the password for a local command', 'secretsmanager:GetSecretValue', SECRET],
  ['find the reader', 'rds:DescribeDBClusters', 'arn:aws:rds:ap-northeast-1:123456789012:cluster:*'],
  ["a session of a service's task", 'ssm:StartSession', TASK, DOCUMENT_CHECKED],
  ['a session of an own task', 'ssm:StartSession', TASK, { ...DOCUMENT_CHECKED, ...OWN_TASK }],
  [
    'the document that forwards ports of other hosts',
    'ssm:StartSession',
    document('AWS-StartPortForwardingSessionToRemoteHost'),
    DOCUMENT_CHECKED,
  ],
  [
    "the document that forwards the task's own ports",
    'ssm:StartSession',
    document('AWS-StartPortForwardingSession'),
    DOCUMENT_CHECKED,
  ],
  ['resume an own session', 'ssm:ResumeSession', ssm('session/ann-0123'), OWN_SESSION],
  ['end an own session', 'ssm:TerminateSession', ssm('session/ann-0123'), OWN_SESSION],
  ["open an own session's channel by its tag", 'ssmmessages:OpenDataChannel', ssm('session/ann-0123'), OWN_SESSION],
  ["open an own session's channel by its id", 'ssmmessages:OpenDataChannel', ssm(`session/${USER_ID}-0123`)],
  ["open a user's own channel by its name", 'ssmmessages:OpenDataChannel', ssm('session/ann-0123'), AS_USER],
];

const OTHER_CLUSTER = ecs('cluster/other');
const OTHER_OWNER = { 'aws:RequestTag/aurora-bastion:owner-id': OTHER_ID };

/** Nobody may do these, whatever the variant. */
const NEVER: readonly Call[] = [
  ['run another family', 'ecs:RunTask', ecs('task-definition/admin:1'), OWN_REQUEST],
  ['run a family that begins alike', 'ecs:RunTask', ecs('task-definition/bg-bastion-admin:1'), OWN_REQUEST],
  ['run a family without a revision', 'ecs:RunTask', ecs('task-definition/bg-bastion'), OWN_REQUEST],
  ['run in another cluster', 'ecs:RunTask', DEFINITION, { ...OWN_REQUEST, 'ecs:cluster': OTHER_CLUSTER }],
  ['run in no cluster that is told', 'ecs:RunTask', DEFINITION, OWN_TAG],
  ['run in another region', 'ecs:RunTask', ecs('task-definition/bg-bastion:7', 'us-east-1'), OWN_REQUEST],
  ['run in another account', 'ecs:RunTask', ecs('task-definition/bg-bastion:7', undefined, '1'), OWN_REQUEST],
  ["run in another's name", 'ecs:RunTask', DEFINITION, { ...IN_CLUSTER, ...OTHER_OWNER }],
  ["run in nobody's name", 'ecs:RunTask', DEFINITION, IN_CLUSTER],
  ['start on an instance', 'ecs:StartTask', DEFINITION, OWN_REQUEST],
  ['tag a task later', 'ecs:TagResource', TASK, OWN_TAG],
  ['tag by another call', 'ecs:TagResource', NEW_TASK, { ...OWN_REQUEST, 'ecs:CreateAction': 'CreateService' }],
  ['tag in another cluster', 'ecs:TagResource', ecs('task/other/*'), BY_RUN_TASK],
  ['tag a cluster', 'ecs:TagResource', CLUSTER, BY_RUN_TASK],
  ['untag a task', 'ecs:UntagResource', TASK, OWN_TASK],
  ['pass a role to EC2', 'iam:PassRole', OPTIONS.taskRoleArn, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  ['pass a role to nobody in particular', 'iam:PassRole', OPTIONS.taskRoleArn],
  ['pass another role', 'iam:PassRole', 'arn:aws:iam::123456789012:role/admin', TO_ECS],
  ["stop another's task", 'ecs:StopTask', TASK, { 'aws:ResourceTag/aurora-bastion:owner-id': OTHER_ID }],
  ['stop a task without tags', 'ecs:StopTask', TASK, IN_CLUSTER],
  ['stop in another cluster', 'ecs:StopTask', ecs('task/other/0123'), OWN_TASK],
  ['stop in a cluster that begins alike', 'ecs:StopTask', ecs('task/bg-bastion-cluster-2/0123'), OWN_TASK],
  ["exec in another's task", 'ecs:ExecuteCommand', TASK, { ...IN_BASTION, ...OTHER_TASK }],
  ["forward through another's task", 'ssm:StartSession', TASK, { ...DOCUMENT_CHECKED, ...OTHER_TASK }],
  ['a shell by SSM in an own task', 'ssm:StartSession', TASK, { ...DOCUMENT_UNCHECKED, ...OWN_TASK }],
  ["exec in an own task's other container", 'ecs:ExecuteCommand', TASK, { ...OWN_TASK, 'ecs:container-name': 'other' }],
  ['exec in another container', 'ecs:ExecuteCommand', TASK, { ...IN_CLUSTER, 'ecs:container-name': 'sidecar' }],
  ['exec in a container that is not told', 'ecs:ExecuteCommand', TASK, IN_CLUSTER],
  ['exec in another cluster', 'ecs:ExecuteCommand', OTHER_CLUSTER, IN_BASTION],
  ["exec in another cluster's task", 'ecs:ExecuteCommand', ecs('task/other/0123'), IN_BASTION],
  ['exec in another region', 'ecs:ExecuteCommand', ecs('task/bg-bastion-cluster/0123', 'us-east-1'), IN_BASTION],
  ['list the tasks of another cluster', 'ecs:ListTasks', '*', { 'ecs:cluster': OTHER_CLUSTER }],
  ['list the tasks of no cluster', 'ecs:ListTasks', '*'],
  ['list clusters', 'ecs:ListClusters', '*'],
  ['describe a task of another cluster', 'ecs:DescribeTasks', ecs('task/other/0123')],
  ['describe another service', 'ecs:DescribeServices', ecs('service/bg-bastion-cluster/other'), IN_CLUSTER],
  ['update the service', 'ecs:UpdateService', ecs('service/bg-bastion-cluster/bg-bastion-service'), IN_CLUSTER],
  ['register a task definition', 'ecs:RegisterTaskDefinition', ecs('task-definition/bg-bastion:8')],
  ['delete the cluster', 'ecs:DeleteCluster', CLUSTER],
  ['run a command by SSM', 'ssm:SendCommand', TASK],
  ['see all sessions', 'ssm:DescribeSessions', '*'],
  ['read a parameter', 'ssm:GetParameter', ssm('parameter/password')],
  ["resume another's session", 'ssm:ResumeSession', ssm('session/bob-0123'), sessionOf(OTHER_ID)],
  ['resume a session with a name that begins alike', 'ssm:ResumeSession', ssm('session/ann-marie-0123')],
  ['resume in another region', 'ssm:ResumeSession', ssm(EXEC_SESSION, 'us-east-1')],
  ['resume in another account', 'ssm:ResumeSession', ssm(EXEC_SESSION, undefined, '1')],
  ['a shell by SSM', 'ssm:StartSession', TASK, { 'ssm:SessionDocumentAccessCheck': 'false' }],
  ['a shell on an instance', 'ssm:StartSession', 'arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1'],
  ['a session in another cluster', 'ssm:StartSession', ecs('task/other/0123'), DOCUMENT_CHECKED],
  ['another document', 'ssm:StartSession', document('AWS-StartInteractiveCommand'), DOCUMENT_CHECKED],
  ["another account's document", 'ssm:StartSession', ssm('document/AWS-StartPortForwardingSession'), DOCUMENT_CHECKED],
  ['a document without its check', 'ssm:StartSession', document('AWS-StartPortForwardingSession'), DOCUMENT_UNCHECKED],
  ["open another's channel", 'ssmmessages:OpenDataChannel', ssm('session/bob-0123'), sessionOf(OTHER_ID)],
  ["open another's channel as a user", 'ssmmessages:OpenDataChannel', ssm('session/bob-0123'), AS_USER],
  ["open a channel with another's id", 'ssmmessages:OpenDataChannel', ssm(`session/${OTHER_ID}-0123`)],
  ['open the channel of a session that nobody has started', 'ssmmessages:OpenDataChannel', ssm('session/ann-0123')],
  ['open a channel in another region', 'ssmmessages:OpenDataChannel', ssm(EXEC_SESSION, 'us-east-1')],
  ['open a channel in another account', 'ssmmessages:OpenDataChannel', ssm(EXEC_SESSION, undefined, '1')],
  ['open every channel', 'ssmmessages:OpenDataChannel', '*'],
  ["make a channel as the task's agent does", 'ssmmessages:CreateDataChannel', ssm(EXEC_SESSION)],
  ['read another log', 'logs:GetLogEvents', logs('/ecs/other:log-stream:ecs/bastion/0123')],
  ['read a log that begins alike', 'logs:FilterLogEvents', logs('/ecs/bg-bastion-2:log-stream:')],
  ['delete the log', 'logs:DeleteLogGroup', logs('/ecs/bg-bastion')],
  ['write into the log', 'logs:PutLogEvents', logs('/ecs/bg-bastion:log-stream:ecs/bastion/0123')],
  ['read another secret', 'secretsmanager:GetSecretValue', SECRET.replace('bg-', 'other-')],
  ['decrypt', 'kms:Decrypt', KEY],
  ['encrypt with another key', 'kms:GenerateDataKey', 'arn:aws:kms:ap-northeast-1:123456789012:key/other'],
  ['make policies', 'iam:PutUserPolicy', '*'],
];

function document(name: string): string {
  return `arn:aws:ssm:ap-northeast-1::document/${name}`;
}

function sessionOf(userId: string): RequestContext {
  return { 'ssm:resourceTag/aws:ssmmessages:session-id': userId };
}

function decide(options: Partial<ConnectPolicyOptions>, [, action, resource, context]: Call): string {
  const caller = { 'aws:userid': USER_ID };
  const policy = connectPolicy({ ...OPTIONS, ...options });
  return evaluate(policy, { action, resource, context: { ...caller, ...context } });
}

const named = (calls: readonly Call[]) => calls.map((call) => [call[0], call] as const);

describe.each<[PolicyVariant, boolean]>([
  ['connect', false],
  ['connect', true],
  ['service-only', false],
  ['service-only', true],
])('the policy %s, forward %s', (variant, forward) => {
  const options = { variant, forward };

  it.each(named(ALWAYS))('allows: %s', (_, call) => {
    expect(decide(options, call)).toBe('allowed');
  });

  it.each(named(OF_CONNECT))(`${variant === 'connect' ? 'allows' : 'denies'}: %s`, (_, call) => {
    expect(decide(options, call)).toBe(variant === 'connect' ? 'allowed' : 'implicitDeny');
  });

  it.each(named(OF_FORWARD))(`${forward ? 'allows' : 'denies'}: %s`, (_, call) => {
    expect(decide(options, call)).toBe(forward ? 'allowed' : 'implicitDeny');
  });

  it(`${variant === 'connect' || forward ? 'allows' : 'denies'}: ${DESCRIBE_DEFINITION[0]}`, () => {
    expect(decide(options, DESCRIBE_DEFINITION)).toBe(variant === 'connect' || forward ? 'allowed' : 'implicitDeny');
  });

  it.each(named(NEVER))('denies: %s', (_, call) => {
    expect(decide(options, call)).toBe('implicitDeny');
  });

  it('names every statement once, in letters and digits as IAM wants it', () => {
    const names = connectPolicy({ ...OPTIONS, ...options }).Statement.map(({ Sid }) => Sid);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[A-Za-z0-9]+$/.test(name))).toEqual([]);
  });

  it('is short enough for a managed policy', () => {
    expect(JSON.stringify(connectPolicy({ ...OPTIONS, ...options })).length).toBeLessThan(6144);
  });
});

it('has no variable that a role lacks beside what a role needs', () => {
  const statements = connectPolicy({ ...OPTIONS, forward: true }).Statement;
  const ofUsers = statements.filter((statement) => JSON.stringify(statement).includes('${aws:username}'));
  expect(ofUsers.map(({ Resource }) => Resource.length)).toEqual([1]);
});

it("resumes and ends, with ownSessions, those sessions of ECS Exec alone that are marked as the caller's", () => {
  for (const action of ['ssm:ResumeSession', 'ssm:TerminateSession']) {
    const resume = (context: RequestContext): string =>
      decide({ ownSessions: true, forward: true }, ['resume', action, ssm(EXEC_SESSION), context]);
    expect([OWN_SESSION, sessionOf(OTHER_ID), {}].map(resume)).toEqual(['allowed', 'implicitDeny', 'implicitDeny']);
  }
});

it('grants no secret where the password lies elsewhere', () => {
  const document = connectPolicy({ ...OPTIONS, forward: true, passwordSecretArn: undefined });
  expect(JSON.stringify(document)).not.toContain('secretsmanager:');
});

it('grants no KMS without a key', () => {
  expect(JSON.stringify(connectPolicy({ ...OPTIONS, sessionKeyArn: undefined }))).not.toContain('kms:');
});

it('stays in its partition', () => {
  const options = { ...OPTIONS, partition: 'aws-cn', region: 'cn-north-1', forward: true };
  const document = connectPolicy({
    ...options,
    executionRoleArn: 'arn:aws-cn:iam::123456789012:role/execution',
    taskRoleArn: 'arn:aws-cn:iam::123456789012:role/task',
    sessionKeyArn: undefined,
    passwordSecretArn: undefined,
  });
  expect(JSON.stringify(document)).not.toContain('arn:aws:');
});
