import { BASTION_TAGS } from '../aws/bastion-tags';

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  /** Operator, key, value. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** An identity policy as IAM takes it. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** `connect` starts and stops one-off tasks; `service-only` opens sessions in tasks that run already. */
export type PolicyVariant = 'connect' | 'service-only';

export interface ConnectPolicyOptions {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly clusterName: string;
  readonly taskDefinitionFamily: string;
  readonly serviceName: string;
  readonly containerName: string;
  readonly executionRoleArn: string;
  readonly taskRoleArn: string;
  readonly logGroupName: string;
  /** The KMS key that encrypts sessions. @default sessions are not encrypted by one */
  readonly sessionKeyArn?: string | undefined;
  readonly variant: PolicyVariant;
  /** Whether ports may be forwarded through the task. */
  readonly forward: boolean;
  /** The secret that holds the database's password, which `forward` hands to a local command. @default none */
  readonly passwordSecretArn?: string | undefined;
  /** Whether sessions of ECS Exec are resumed and ended by the tag of who started them. @default by what ECS names them */
  readonly ownSessions?: boolean;
}

/** IAM puts the caller's id here: the one that `sts:GetCallerIdentity` tells as `UserId`. */
const CALLER = '${aws:userid}';
/** The second reaches a port of the task itself: the agent refuses loopback addresses as a remote host (3.3.4851.0). */
const FORWARD_DOCUMENTS = ['AWS-StartPortForwardingSessionToRemoteHost', 'AWS-StartPortForwardingSession'];

/**
 * What the policy assumes and AWS does not document, for whoever attaches it.
 *
 * Clients from 1.2.764.0 on sign the opening of a data channel. AWS's examples for users ("Sample IAM policies for
 * Session Manager") allow it on sessions in the namespace of `ssm`, and so does a policy of its own,
 * AWSCloud9Administrator, on `session/*`. The service authorization reference has no resources for `ssmmessages`, and
 * then `*` alone would match. Nothing says what holds for sessions of ECS Exec. Even on `*` this right opens nothing
 * without the token of a session, which is given to those who may start or resume it.
 */
export const UNDOCUMENTED =
  'AWS does not document the resource of ssmmessages:OpenDataChannel for ECS Exec: if a session is refused for it, set the Resource of OpenExecChannel to "*"';

/**
 * The same of sessions of ECS Exec: ECS names them all alike, whoever starts them, so the right to resume and to end them
 * is one for all whose ids one knows; nothing but DescribeSessions, CloudTrail and whoever has started one tells an id.
 * Systems Manager's guide ("Sample IAM policies for Session Manager", the example of sessions that users have started)
 * knows them apart by a tag. Nothing says whether ECS, which starts sessions in the caller's name, has them tagged so:
 * where it has not, the narrow form costs resuming a lost connection.
 */
export const EXEC_SESSIONS_OF_ALL =
  'ResumeExecSession holds for every ECS Exec session of the account whose id is known: try policy --own-sessions, with which a lost connection is resumed only if AWS marks these sessions with who started them, which it does not document';

/** What a person needs who connects through the bastion, and nothing else. */
export function connectPolicy(options: ConnectPolicyOptions): PolicyDocument {
  const { variant, forward, sessionKeyArn } = options;
  return {
    Version: '2012-10-17',
    Statement: [
      ...(variant === 'connect' ? ownTasks(options) : []),
      ...sessions(options),
      ...lookingOn(options),
      ...(forward ? forwarding(options) : []),
      ...(sessionKeyArn === undefined ? [] : encryption(options, sessionKeyArn)),
    ],
  };
}

/** Who may look at the cluster knows that its sessions are encrypted, and refuses one that is not. */
function encryption(options: ConnectPolicyOptions, sessionKeyArn: string): PolicyStatement[] {
  return [
    allow('EncryptSessions', ['kms:GenerateDataKey'], [sessionKeyArn]),
    allow('SeeEncryption', ['ecs:DescribeClusters'], [clusterArn(options)]),
  ];
}

/** Starts tasks in the caller's own name, and stops those alone. */
function ownTasks(options: ConnectPolicyOptions): PolicyStatement[] {
  const { taskDefinitionFamily, executionRoleArn, taskRoleArn } = options;
  const tasks = [tasksArn(options)];
  return [
    // ECS asks for the revision that it is going to run, also when the call names a family alone.
    allow('RunTask', ['ecs:RunTask'], [ecsArn(options, `task-definition/${taskDefinitionFamily}:*`)], {
      ArnEquals: { 'ecs:cluster': clusterArn(options) },
      StringEquals: { [`aws:RequestTag/${BASTION_TAGS.ownerId}`]: CALLER },
    }),
    // RunTask sets tags; whoever could set them later could make another's task their own.
    allow('TagNewTask', ['ecs:TagResource'], tasks, { StringEquals: { 'ecs:CreateAction': 'RunTask' } }),
    allow('PassTaskRoles', ['iam:PassRole'], [executionRoleArn, taskRoleArn], {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    }),
    allow('StopOwnTask', ['ecs:StopTask'], tasks, OWN_TASK),
    describeTaskDefinition(),
  ];
}

/** It knows no resources. */
function describeTaskDefinition(): PolicyStatement {
  return allow('DescribeTaskDefinition', ['ecs:DescribeTaskDefinition'], ['*']);
}

/**
 * Sessions in the caller's own tasks, and in those that are nobody's: a service's, and what was started by other means.
 * ECS asks for both, the cluster and the task, and only the task has its tags ("Using IAM policies to limit access to
 * ECS Exec" in ECS's guide has conditions on `aws:ResourceTag`).
 */
function sessions(options: ConnectPolicyOptions): PolicyStatement[] {
  const inContainer = { 'ecs:container-name': options.containerName };
  const execSessions = [sessionArn(options, EXEC_SESSIONS)];
  const enter = (Sid: string, resource: string, condition: Conditions): PolicyStatement =>
    allow(Sid, ['ecs:ExecuteCommand'], [resource], condition);
  return [
    enter('ExecuteCommand', clusterArn(options), { StringEquals: inContainer }),
    enter('EnterOwnTask', tasksArn(options), { StringEquals: { ...inContainer, ...OWN_TASK.StringEquals } }),
    enter('EnterSharedTask', tasksArn(options), { StringEquals: inContainer, ...SHARED_TASK }),
    // ECS names all sessions of ECS Exec like this, whoever starts them.
    allow(
      'ResumeExecSession',
      SESSION_ACTIONS,
      execSessions,
      options.ownSessions === true ? STARTED_BY_CALLER : undefined,
    ),
    allow('OpenExecChannel', OPEN_CHANNEL, execSessions),
  ];
}

/** Finds tasks, and reads what they write. */
function lookingOn(options: ConnectPolicyOptions): PolicyStatement[] {
  const { partition, region, account, clusterName, serviceName, logGroupName } = options;
  const logGroup = `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName}`;
  return [
    // The only resource of ListTasks is a container instance, and Fargate has none.
    allow('ListTasks', ['ecs:ListTasks'], ['*'], { ArnEquals: { 'ecs:cluster': clusterArn(options) } }),
    allow('DescribeTasks', ['ecs:DescribeTasks'], [tasksArn(options)]),
    allow('DescribeService', ['ecs:DescribeServices'], [ecsArn(options, `service/${clusterName}/${serviceName}`)]),
    // GetLogEvents asks for the stream, the others for the group: with `:log-stream:` behind it, or without.
    allow(
      'ReadLogs',
      ['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents'],
      [logGroup, `${logGroup}:*`],
    ),
  ];
}

function forwarding(options: ConnectPolicyOptions): PolicyStatement[] {
  const { partition, region, account, variant, passwordSecretArn } = options;
  return [
    // Which database it is stands there.
    ...(variant === 'service-only' ? [describeTaskDefinition()] : []),
    allow('FindReaderEndpoint', ['rds:DescribeDBClusters'], [`arn:${partition}:rds:${region}:${account}:cluster:*`]),
    ...(passwordSecretArn === undefined
      ? []
      : [allow('ReadDatabasePassword', ['secretsmanager:GetSecretValue'], [passwordSecretArn])]),
    // The check makes the caller name a document: without one SSM opens a shell and asks for no document at all.
    allow(
      'ForwardPorts',
      START_SESSION,
      FORWARD_DOCUMENTS.map((name) => `arn:${partition}:ssm:${region}::document/${name}`),
      DOCUMENT_CHECKED,
    ),
    // ECS's guide ("Limiting access to the Start Session action") tells tasks apart by their tags.
    allow('ForwardThroughOwnTask', START_SESSION, [tasksArn(options)], { ...DOCUMENT_CHECKED, ...OWN_TASK }),
    allow('ForwardThroughSharedTask', START_SESSION, [tasksArn(options)], { ...DOCUMENT_CHECKED, ...SHARED_TASK }),
    // Ids of these sessions begin with a user's or a role session's name, which another's name may begin with too.
    allow('ResumeOwnSession', SESSION_ACTIONS, [sessionArn(options, '*')], STARTED_BY_CALLER),
    ...openOwnChannels(options),
  ];
}

/**
 * Data channels of sessions that the caller has started with StartSession. AWS's example is `session/${aws:userid}-*`,
 * but ids begin with the name, not with the id of a user or of a role session. So there are three ways to be right: the
 * example; the name of a user (a role session's is in no variable); the tag that tells who has started a session, which
 * is documented for ResumeSession and TerminateSession, and open for this action. They are statements of their own,
 * since IAM may drop a whole statement with a variable that the caller has no value for. That another's name may begin
 * like the caller's does no harm here: the token comes from StartSession and ResumeSession.
 */
function openOwnChannels(options: ConnectPolicyOptions): PolicyStatement[] {
  return [
    allow('OpenOwnChannel', OPEN_CHANNEL, [sessionArn(options, `${CALLER}-*`)]),
    allow('OpenOwnChannelAsUser', OPEN_CHANNEL, [sessionArn(options, '${aws:username}-*')]),
    allow('OpenOwnChannelByTag', OPEN_CHANNEL, [sessionArn(options, '*')], STARTED_BY_CALLER),
  ];
}

type Conditions = NonNullable<PolicyStatement['Condition']>;

const START_SESSION = ['ssm:StartSession'];
const DOCUMENT_CHECKED = { BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } };
const OWNER_TAG = `aws:ResourceTag/${BASTION_TAGS.ownerId}`;
/** RunTask has put the caller's own id there, and nobody may change it. */
const OWN_TASK = { StringEquals: { [OWNER_TAG]: CALLER } };
/** Whoever starts one by this policy has to put their id there: this one was started by a service, or by other rights. */
const SHARED_TASK = { Null: { [OWNER_TAG]: 'true' } };
const SESSION_ACTIONS = ['ssm:ResumeSession', 'ssm:TerminateSession'];
const OPEN_CHANNEL = ['ssmmessages:OpenDataChannel'];
const EXEC_SESSIONS = 'ecs-execute-command-*';
/** The caller's own id stands in this tag of a session. */
const STARTED_BY_CALLER = { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': CALLER } };

function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: PolicyStatement['Condition'],
): PolicyStatement {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

function ecsArn({ partition, region, account }: ConnectPolicyOptions, resource: string): string {
  return `arn:${partition}:ecs:${region}:${account}:${resource}`;
}

function clusterArn(options: ConnectPolicyOptions): string {
  return ecsArn(options, `cluster/${options.clusterName}`);
}

/** All tasks of the cluster. */
function tasksArn(options: ConnectPolicyOptions): string {
  return ecsArn(options, `task/${options.clusterName}/*`);
}

function sessionArn({ partition, region, account }: ConnectPolicyOptions, id: string): string {
  return `arn:${partition}:ssm:${region}:${account}:session/${id}`;
}
