import { FilterLogEventsCommand, CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ExecuteCommandCommand,
  ListTasksCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { ResumeSessionCommand, SSMClient, StartSessionCommand, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectPolicy, type ConnectPolicyOptions, type PolicyDocument } from '../../../src/iam/policy';
import type { Faults } from '../../../src/local-aws/faults';
import type { Policy } from '../../../src/local-aws/iam/evaluate';
import { type Bastion, caller, element, query, startBastion } from '../../support/bastion';
import { keyOf, signedFetch } from '../../support/sign';

const OWNER_ID = 'aurora-bastion:owner-id';
const FAMILY = 'aurora-bg-bastion';
const ROLE = 'arn:aws:iam::123456789012:role/bastion';
const QUICK: Partial<Faults> = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0 };

/** Somebody who has assumed a role, and the clients that sign with it. */
interface Person extends Disposable {
  readonly userId: string;
  readonly arn: string;
  readonly ecs: ECSClient;
  readonly ssm: SSMClient;
  readonly logs: CloudWatchLogsClient;
}

let bastion: Bastion;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  bastion = await startBastion({ faults: QUICK });
  const call = caller(bastion.aws);
  const { taskDefinition } = (await call('ecs', 'DescribeTaskDefinition', { taskDefinition: FAMILY })) as {
    taskDefinition: Record<string, unknown>;
  };
  const plain = {
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: taskDefinition.containerDefinitions,
  };
  const roles = { executionRoleArn: `${ROLE}-execution`, taskRoleArn: `${ROLE}-task` };
  await call('ecs', 'RegisterTaskDefinition', { family: FAMILY, ...plain, ...roles });
  await call('ecs', 'RegisterTaskDefinition', { family: 'admin', ...plain, ...roles });
  // Only of a role that there is does moto give the same user id each time.
  await query(bastion.aws, 'iam', {
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: 'Engineer',
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
  });
  ann = await assumeRole('ann');
  bob = await assumeRole('bob');
}, 60_000);

afterAll(async () => {
  ann[Symbol.dispose]();
  bob[Symbol.dispose]();
  await bastion[Symbol.asyncDispose]();
}, 60_000);

function policyOf(options: Partial<ConnectPolicyOptions> = {}): PolicyDocument {
  return connectPolicy({
    partition: 'aws',
    region: 'ap-northeast-1',
    account: '123456789012',
    clusterName: bastion.cluster,
    taskDefinitionFamily: FAMILY,
    serviceName: 'aurora-bg-bastion-service',
    containerName: 'bastion',
    executionRoleArn: `${ROLE}-execution`,
    taskRoleArn: `${ROLE}-task`,
    logGroupName: '/ecs/aurora-bg-bastion',
    variant: 'connect',
    forward: false,
    ...options,
  });
}

function enforce(policy: Policy): void {
  bastion.aws.setFaults({ ...QUICK, policy });
}

async function assumeRole(name: string): Promise<Person> {
  const { aws } = bastion;
  const RoleArn = 'arn:aws:iam::123456789012:role/Engineer';
  const form = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn, RoleSessionName: name };
  const xml = await query(aws, 'sts', form);
  const configuration = {
    region: 'ap-northeast-1',
    maxAttempts: 1,
    credentials: {
      accessKeyId: element(xml, 'AccessKeyId'),
      secretAccessKey: element(xml, 'SecretAccessKey'),
      sessionToken: element(xml, 'SessionToken'),
    },
  };
  const clients = {
    ecs: new ECSClient({ ...configuration, endpoint: aws.endpoints.ecs }),
    ssm: new SSMClient({ ...configuration, endpoint: aws.endpoints.ssm }),
    logs: new CloudWatchLogsClient({ ...configuration, endpoint: aws.endpoint }),
  };
  return {
    ...clients,
    userId: element(xml, 'AssumedRoleId'),
    arn: `arn:aws:sts::123456789012:assumed-role/Engineer/${name}`,
    [Symbol.dispose]: () => {
      clients.ecs.destroy();
      clients.ssm.destroy();
      clients.logs.destroy();
    },
  };
}

/** Starts a task in the person's own name, or as it is said. @returns its ARN */
async function run(person: Person, more: Partial<RunTaskCommandInput> = {}): Promise<string> {
  const { tasks = [] } = await person.ecs.send(
    new RunTaskCommand({
      cluster: bastion.cluster,
      taskDefinition: FAMILY,
      launchType: 'FARGATE',
      enableExecuteCommand: true,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      tags: [{ key: OWNER_ID, value: person.userId }],
      ...more,
    }),
  );
  return tasks[0]?.taskArn ?? '';
}

function stop(person: Person, task: string): Promise<unknown> {
  return person.ecs.send(new StopTaskCommand({ cluster: bastion.cluster, task }));
}

function exec(person: Person, task: string, container?: string) {
  return person.ecs.send(
    new ExecuteCommandCommand({ cluster: bastion.cluster, task, container, command: 'cat', interactive: true }),
  );
}

/** @returns the target of the task's sessions */
async function untilReady(person: Person, task: string): Promise<string> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const asked = new DescribeTasksCommand({ cluster: bastion.cluster, tasks: [task] });
    const [container] = (await person.ecs.send(asked)).tasks?.[0]?.containers ?? [];
    const isReady = container?.managedAgents?.[0]?.lastStatus === 'RUNNING';
    if (isReady) return `ecs:${bastion.cluster}_${task.slice(task.lastIndexOf('/') + 1)}_${container.runtimeId ?? ''}`;
    await sleep(20);
  }
  throw new Error('the agent does not run');
}

/** AWS's words for what no policy allows. */
function denial(person: Person, action: string, resource: string) {
  return {
    name: 'AccessDeniedException',
    message: `User: ${person.arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  };
}

beforeEach(() => {
  enforce(policyOf());
});

const DENIED = { name: 'AccessDeniedException' };
const DEFINITION = `arn:aws:ecs:ap-northeast-1:123456789012:task-definition/${FAMILY}:2`;

describe('RunTask', () => {
  it('is allowed in the own name, by family, by revision and by ARN', async () => {
    for (const taskDefinition of [FAMILY, `${FAMILY}:2`, DEFINITION]) {
      const task = await run(ann, { taskDefinition });
      expect(task).toContain(`:task/${bastion.cluster}/`);
      await stop(ann, task);
    }
  });

  it.each<[string, Partial<RunTaskCommandInput>]>([
    ['without tags', { tags: undefined }],
    ['with another tag only', { tags: [{ key: 'name', value: 'ann' }] }],
    ["in another's name", { tags: [{ key: OWNER_ID, value: 'AROAOTHER:bob' }] }],
  ])('is denied %s', async (_, more) => {
    await expect(run(ann, more)).rejects.toMatchObject(denial(ann, 'ecs:RunTask', DEFINITION));
  });

  it('is denied in another cluster, and of another family', async () => {
    await expect(run(ann, { cluster: 'other' })).rejects.toMatchObject(DENIED);
    await expect(run(ann, { taskDefinition: 'admin' })).rejects.toMatchObject(DENIED);
  });

  it('asks for the right to pass the roles of the definition, and of the overrides in their place', async () => {
    enforce(policyOf({ taskRoleArn: `${ROLE}-other` }));
    await expect(run(ann)).rejects.toMatchObject(denial(ann, 'iam:PassRole', `${ROLE}-task`));
    await stop(ann, await run(ann, { overrides: { taskRoleArn: `${ROLE}-other` } }));
  });

  it('asks for the right to tag', async () => {
    const { Version, Statement } = policyOf();
    enforce({ Version, Statement: Statement.filter(({ Sid }) => Sid !== 'TagNewTask') });
    await expect(run(ann)).rejects.toMatchObject(
      denial(ann, 'ecs:TagResource', `arn:aws:ecs:ap-northeast-1:123456789012:task/${bastion.cluster}/*`),
    );
  });

  it('is denied to whoever may only use the service', async () => {
    enforce(policyOf({ variant: 'service-only' }));
    await expect(run(ann)).rejects.toMatchObject(DENIED);
  });
});

describe('StopTask', () => {
  it("is allowed for an own task, and denied for another's", async () => {
    const task = await run(ann);
    await expect(stop(bob, task)).rejects.toMatchObject(denial(bob, 'ecs:StopTask', task));
    await stop(ann, task);
    const { tasks = [] } = await ann.ecs.send(new DescribeTasksCommand({ cluster: bastion.cluster, tasks: [task] }));
    expect(tasks[0]?.desiredStatus).toBe('STOPPED');
  });

  it('is denied for a task without tags, and for one that is not there', async () => {
    bastion.aws.setFaults(QUICK);
    const task = await run(ann, { tags: undefined });
    enforce(policyOf());
    await expect(stop(ann, task)).rejects.toMatchObject(DENIED);
    await expect(stop(ann, '0123')).rejects.toMatchObject(DENIED);
    bastion.aws.setFaults(QUICK);
    await stop(ann, task);
  });
});

describe('a session', () => {
  let task: string;
  let target: string;

  beforeAll(async () => {
    enforce(policyOf());
    task = await run(ann);
    target = await untilReady(ann, task);
  }, 60_000);
  afterAll(() => stop(ann, task));

  it('of ECS Exec is opened in the container that is allowed, and can be resumed and ended', async () => {
    const { session } = await exec(ann, task, 'bastion');
    expect(session?.sessionId).toMatch(/^ecs-execute-command-/);
    await ann.ssm.send(new ResumeSessionCommand({ SessionId: session?.sessionId }));
    await ann.ssm.send(new TerminateSessionCommand({ SessionId: session?.sessionId }));
  });

  it.each([['sidecar'], [undefined]])('of ECS Exec is denied in the container %s', async (container) => {
    const cluster = `arn:aws:ecs:ap-northeast-1:123456789012:cluster/${bastion.cluster}`;
    await expect(exec(ann, task, container)).rejects.toMatchObject(denial(ann, 'ecs:ExecuteCommand', cluster));
  });

  it('of ECS Exec asks for the task as well', async () => {
    const { Version, Statement } = policyOf();
    const deny = { Effect: 'Deny', Action: 'ecs:ExecuteCommand', Resource: task };
    enforce({ Version, Statement: [...Statement, deny] });
    await expect(exec(ann, task, 'bastion')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${ann.arn} is not authorized to perform: ecs:ExecuteCommand on resource: ${task} with an explicit deny in an identity-based policy`,
    });
  });

  it("of ECS Exec is denied in another's task, and allowed in one that is nobody's", async () => {
    await expect(exec(bob, task, 'bastion')).rejects.toMatchObject(denial(bob, 'ecs:ExecuteCommand', task));
    bastion.aws.setFaults(QUICK);
    const shared = await run(ann, { tags: undefined });
    await untilReady(ann, shared);
    enforce(policyOf());
    expect((await exec(bob, shared, 'bastion')).session?.sessionId).toMatch(/^ecs-execute-command-/);
    bastion.aws.setFaults(QUICK);
    await stop(ann, shared);
  });

  it("of ECS Exec is the caller's own to resume and to end, where the policy goes by the tag of who started it", async () => {
    const { session } = await exec(ann, task, 'bastion');
    enforce(policyOf({ ownSessions: true }));
    const asked = { SessionId: session?.sessionId };
    await expect(bob.ssm.send(new ResumeSessionCommand(asked))).rejects.toMatchObject(DENIED);
    await expect(bob.ssm.send(new TerminateSessionCommand(asked))).rejects.toMatchObject(DENIED);
    await ann.ssm.send(new ResumeSessionCommand(asked));
    await ann.ssm.send(new TerminateSessionCommand(asked));
  });

  it('of SSM is denied without the right to forward ports', async () => {
    await expect(ann.ssm.send(new StartSessionCommand({ Target: target }))).rejects.toMatchObject(
      denial(ann, 'ssm:StartSession', task),
    );
  });

  it('of SSM forwards ports with the right to, which asks for the task and for AWS’s own document', async () => {
    const document = 'AWS-StartPortForwardingSessionToRemoteHost';
    const Parameters = { host: ['localhost'], portNumber: ['5432'] };
    const forwarding = new StartSessionCommand({ Target: target, DocumentName: document, Parameters });
    const isAllowed = (...resources: string[]): void => {
      enforce({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['ssm:StartSession', 'ssm:TerminateSession'], Resource: resources }],
      });
    };
    const documentArn = `arn:aws:ssm:ap-northeast-1::document/${document}`;
    isAllowed(documentArn);
    await expect(ann.ssm.send(forwarding)).rejects.toMatchObject(denial(ann, 'ssm:StartSession', task));
    isAllowed(task);
    await expect(ann.ssm.send(forwarding)).rejects.toMatchObject(denial(ann, 'ssm:StartSession', documentArn));
    isAllowed(task, documentArn, 'arn:aws:ssm:ap-northeast-1:*:session/*');
    const { SessionId } = await ann.ssm.send(forwarding);
    await ann.ssm.send(new TerminateSessionCommand({ SessionId }));
  });

  it("of SSM asks for its document, and is nobody else's to resume", async () => {
    enforce(policyOf({ forward: true }));
    const shell = new StartSessionCommand({ Target: target });
    await expect(ann.ssm.send(shell)).rejects.toMatchObject(denial(ann, 'ssm:StartSession', task));
    const other = { Target: target, DocumentName: 'AWS-StartInteractiveCommand', Parameters: { command: ['cat'] } };
    await expect(ann.ssm.send(new StartSessionCommand(other))).rejects.toMatchObject(
      denial(ann, 'ssm:StartSession', 'arn:aws:ssm:ap-northeast-1::document/AWS-StartInteractiveCommand'),
    );
    bastion.aws.setFaults(QUICK);
    const { SessionId } = await ann.ssm.send(new StartSessionCommand(other));
    enforce(policyOf({ forward: true }));
    const terminate = new TerminateSessionCommand({ SessionId });
    await expect(bob.ssm.send(terminate)).rejects.toMatchObject(DENIED);
    await expect(bob.ssm.send(new ResumeSessionCommand({ SessionId }))).rejects.toMatchObject(DENIED);
    await ann.ssm.send(new ResumeSessionCommand({ SessionId }));
    await ann.ssm.send(terminate);
  });
});

describe('a forwarded port', () => {
  const DocumentName = 'AWS-StartPortForwardingSessionToRemoteHost';
  const forwarding = (target: string): StartSessionCommand =>
    new StartSessionCommand({
      Target: target,
      DocumentName,
      Parameters: { host: ['localhost'], portNumber: ['5432'] },
    });

  it("leads through an own task and through one that is nobody's, and not through another's", async () => {
    bastion.aws.setFaults(QUICK);
    const own = await run(ann);
    const shared = await run(ann, { tags: undefined });
    const [ownTarget, sharedTarget] = [await untilReady(ann, own), await untilReady(ann, shared)];
    enforce(policyOf({ forward: true }));
    await expect(bob.ssm.send(forwarding(ownTarget))).rejects.toMatchObject(denial(bob, 'ssm:StartSession', own));
    for (const [person, target] of [[ann, ownTarget] as const, [bob, sharedTarget] as const]) {
      const { SessionId } = await person.ssm.send(forwarding(target));
      await person.ssm.send(new TerminateSessionCommand({ SessionId }));
    }
    bastion.aws.setFaults(QUICK);
    for (const task of [own, shared]) await stop(ann, task);
  }, 30_000);
});

describe('what one looks at', () => {
  it('is the tasks of the cluster, not of another', async () => {
    await ann.ecs.send(new ListTasksCommand({ cluster: bastion.cluster }));
    await expect(ann.ecs.send(new ListTasksCommand({ cluster: 'other' }))).rejects.toMatchObject(
      denial(ann, 'ecs:ListTasks', '*'),
    );
    await expect(ann.ecs.send(new ListTasksCommand({}))).rejects.toMatchObject(DENIED);
  });

  it('is the task definition, also for whoever starts tasks', async () => {
    await ann.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: FAMILY }));
  });

  it('is the log of the bastion, not another', async () => {
    await ann.logs.send(new FilterLogEventsCommand({ logGroupName: '/ecs/aurora-bg-bastion' }));
    await expect(ann.logs.send(new FilterLogEventsCommand({ logGroupName: '/ecs/other' }))).rejects.toMatchObject(
      denial(ann, 'logs:FilterLogEvents', 'arn:aws:logs:ap-northeast-1:123456789012:log-group:/ecs/other:log-stream:'),
    );
  });
});

it('knows whoever signs with no key of moto as GetCallerIdentity does', async () => {
  const userId = element(
    await query(bastion.aws, 'sts', { Action: 'GetCallerIdentity', Version: '2011-06-15' }),
    'UserId',
  );
  const call = caller(bastion.aws);
  const task = { cluster: bastion.cluster, taskDefinition: FAMILY, launchType: 'FARGATE' };
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
  const tags = [{ key: OWNER_ID, value: userId }];
  const { tasks } = (await call('ecs', 'RunTask', { ...task, networkConfiguration, tags })) as {
    tasks: [{ taskArn: string }];
  };
  await call('ecs', 'StopTask', { cluster: bastion.cluster, task: tasks[0].taskArn });
});

it('leaves other services alone, and everything without a policy', async () => {
  const call = caller(bastion.aws);
  await call('kms', 'ListKeys', {});
  await expect(call('ecs', 'ListClusters', {})).rejects.toThrow('AccessDeniedException');
  bastion.aws.setFaults(QUICK);
  await call('ecs', 'ListClusters', {});
});

it('takes the policy as a fault while it runs', async () => {
  const put = (faults: unknown) =>
    signedFetch(
      `${bastion.aws.endpoint}/_local/faults`,
      { method: 'PUT', body: JSON.stringify(faults) },
      { key: keyOf(bastion.aws) },
    );
  await put({ ...QUICK, policy: { Version: '2012-10-17', Statement: [] } });
  await expect(run(ann)).rejects.toMatchObject(DENIED);
  expect((await put({ policy: 'ecs:*' })).status).toBe(400);
});
