import {
  DescribeTasksCommand,
  ECSClient,
  ExecuteCommandCommand,
  ListTasksCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../../../src/local-aws/processes';
import { type Cluster, logLines, startCluster } from '../../support/cluster';
import { keyOf, signedFetch } from '../../support/sign';

let cluster: Cluster;
let ecs: ECSClient;

beforeAll(async () => {
  cluster = await startCluster();
  ecs = new ECSClient({
    region: 'ap-northeast-1',
    endpoint: cluster.aws.endpoints.ecs,
    credentials: keyOf(cluster.aws),
    maxAttempts: 1,
  });
}, 60_000);
afterAll(async () => {
  ecs.destroy();
  await cluster[Symbol.asyncDispose]();
}, 60_000);
afterEach(() => {
  cluster.aws.setFaults({});
});

async function run(more: Partial<RunTaskCommandInput> = {}): Promise<string> {
  const input = { cluster: cluster.name, taskDefinition: 'idle', launchType: 'FARGATE', ...NETWORK } as const;
  const { tasks = [] } = await ecs.send(new RunTaskCommand({ ...input, ...more }));
  return tasks[0]?.taskArn ?? '';
}

async function describeTask(taskArn: string): Promise<Task> {
  const { tasks = [] } = await ecs.send(
    new DescribeTasksCommand({ cluster: cluster.name, tasks: [taskArn], include: ['TAGS'] }),
  );
  const [task] = tasks;
  if (task === undefined) throw new Error(`${taskArn} is not there`);
  return task;
}

async function until(taskArn: string, holds: (task: Task) => boolean): Promise<Task> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const task = await describeTask(taskArn);
    if (holds(task)) return task;
    if (Date.now() > deadline) throw new Error(`the task stays ${String(task.lastStatus)}`);
    await sleep(20);
  }
}

const runs = (task: Task): boolean => task.lastStatus === 'RUNNING';
const stopped = (task: Task): boolean => task.lastStatus === 'STOPPED';
const agentOf = (task: Task): string | undefined => task.containers?.[0]?.managedAgents?.[0]?.lastStatus;

const stop = (task: string) => ecs.send(new StopTaskCommand({ cluster: cluster.name, task, reason: 'the test ends' }));
const execute = (task: string) =>
  ecs.send(new ExecuteCommandCommand({ cluster: cluster.name, task, command: 'sh', interactive: true }));

const NETWORK = { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } } };

describe('a task', () => {
  it('lives from PROVISIONING to STOPPED, and its times are in order', async () => {
    cluster.aws.setFaults({ startDelayMs: 1_500 }); // long enough for each state to be seen
    const taskArn = await run({
      startedBy: 'me',
      enableExecuteCommand: true,
      tags: [{ key: 'purpose', value: 'test' }],
    });
    const seen: (string | undefined)[] = [];
    const note = (task: Task): void => {
      if (seen.at(-1) !== task.lastStatus) seen.push(task.lastStatus);
    };
    const running = await until(taskArn, (task) => {
      note(task);
      return agentOf(task) === 'RUNNING';
    });
    expect(running).toMatchObject({
      startedBy: 'me',
      group: 'family:idle',
      launchType: 'FARGATE',
      tags: [{ key: 'purpose', value: 'test' }],
    });
    await stop(taskArn);
    const ended = await until(taskArn, (task) => {
      note(task);
      return stopped(task);
    });
    expect(seen.filter((status) => status !== 'STOPPING' && status !== 'DEPROVISIONING')).toEqual([
      'PROVISIONING',
      'PENDING',
      'ACTIVATING',
      'RUNNING',
      'STOPPED',
    ]);
    expect(ended).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'the test ends',
      desiredStatus: 'STOPPED',
    });
    const { createdAt, pullStartedAt, startedAt, stoppingAt, stoppedAt } = ended;
    const times = [createdAt, pullStartedAt, startedAt, stoppingAt, stoppedAt].map((time) => time?.getTime());
    expect(times).not.toContain(undefined);
    expect(times).toEqual(times.toSorted());
  });

  it('takes every process along when it stops, also one that has left its group and ignores signals', async () => {
    const mark = randomUUID();
    const script = `export MARK=${mark}; setsid sh -c 'trap "" TERM HUP INT; sleep 600' & env -i sleep 601 & sleep 602`;
    const taskArn = await run({
      overrides: { containerOverrides: [{ name: 'main', command: ['sh', '-c', script] }] },
    });
    await until(taskArn, runs);
    expect(processesWith(mark).length).toBeGreaterThanOrEqual(3);
    await stop(taskArn);
    await until(taskArn, stopped);
    expect(processesWith(mark)).toEqual([]);
  });

  it('leaves no container behind when it is stopped while it starts', async () => {
    const mark = randomUUID();
    const environment = [{ name: 'MARK', value: mark }];
    const arns = await Promise.all(
      Array.from({ length: 8 }, () => run({ overrides: { containerOverrides: [{ name: 'main', environment }] } })),
    );
    await Promise.all(
      arns.map(async (arn, n) => {
        await sleep(150 + 15 * n); // around the moment at which containers are made
        await stop(arn);
        await until(arn, stopped);
      }),
    );
    await sleep(500);
    expect(processesWith(mark)).toEqual([]);
  });

  it('stops when its container exits, with the exit code', async () => {
    const taskArn = await run({
      overrides: { containerOverrides: [{ name: 'main', command: ['sh', '-c', 'sleep 0.3; exit 3'] }] },
    });
    expect(await until(taskArn, stopped)).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 3, lastStatus: 'STOPPED' }],
    });
  });

  it('stops before it runs when its command does not exist', async () => {
    const taskArn = await run({ overrides: { containerOverrides: [{ name: 'main', command: ['no-such-program'] }] } });
    const task = await until(taskArn, stopped);
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(/^CannotStartContainerError: .*no-such-program/);
    expect(task.startedAt).toBeUndefined();
  });

  it('has no PostgreSQL client until yum has installed one', async () => {
    const script =
      'psql -V || echo absent; yum install -y postgresql15 >/dev/null; psql -V; yum install -y psql; exit 0';
    const taskArn = await run({
      overrides: { containerOverrides: [{ name: 'main', command: ['sh', '-c', script] }] },
    });
    await until(taskArn, stopped);
    const lines = await logLines(cluster, taskArn);
    expect(lines).toContain('absent');
    expect(lines).toContainEqual(expect.stringMatching(/^psql \(PostgreSQL\)/));
    expect(lines).toContainEqual(expect.stringMatching(/^Error: Unable to find a match/));
  });
});

describe('RunTask', () => {
  it('starts the same request once, also when both come at the same time', async () => {
    const clientToken = randomUUID();
    const [first, second] = await Promise.all([run({ clientToken }), run({ clientToken })]);
    expect(second).toBe(first);
    await expect(run({ clientToken, startedBy: 'another' })).rejects.toMatchObject({ name: 'ConflictException' });
    await stop(first);
  });

  it('starts as many tasks as asked for', async () => {
    const startedBy = randomUUID();
    await run({ count: 3, startedBy });
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: cluster.name, startedBy }));
    expect(taskArns).toHaveLength(3);
    await Promise.all(taskArns.map(stop));
    const after = await ecs.send(new ListTasksCommand({ cluster: cluster.name, startedBy }));
    expect(after.taskArns).toEqual([]);
  });

  it.each<[string, Partial<RunTaskCommandInput>, string, RegExp]>([
    ['an unknown cluster', { cluster: 'nowhere' }, 'ClusterNotFoundException', /^Cluster not found\.$/],
    ['an unknown task definition', { taskDefinition: 'nothing' }, 'ClientException', /./],
    ['no network', { networkConfiguration: undefined }, 'InvalidParameterException', /networkMode 'awsvpc'/],
    ['no launch type', { launchType: undefined }, 'InvalidParameterException', /No Container Instances/],
  ])('is refused with %s', async (_, input, name, message) => {
    await expect(run(input)).rejects.toMatchObject({ name, message: expect.stringMatching(message) as string });
  });
});

describe('StopTask and DescribeTasks', () => {
  it('refuse a task that is not there, each in its own way', async () => {
    const id = 'f'.repeat(32);
    await expect(stop(id)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    });
    const { tasks, failures } = await ecs.send(new DescribeTasksCommand({ cluster: cluster.name, tasks: [id] }));
    expect(tasks).toEqual([]);
    expect(failures).toEqual([
      { arn: expect.stringMatching(`:task/${cluster.name}/${id}$`) as string, reason: 'MISSING' },
    ]);
  });
});

describe('ExecuteCommand', () => {
  it('is refused until the agent is connected, which takes longer than its RUNNING says', async () => {
    cluster.aws.setFaults({ agentDelayMs: 600, targetNotConnectedMs: 600 });
    const taskArn = await run({ enableExecuteCommand: true });
    await until(taskArn, runs);
    await expect(execute(taskArn)).rejects.toMatchObject({ name: 'TargetNotConnectedException' });
    await until(taskArn, (task) => agentOf(task) === 'RUNNING');
    await expect(execute(taskArn)).rejects.toMatchObject({
      name: 'TargetNotConnectedException',
      message: 'The execute command failed due to an internal error. Try again later.',
    });
    await sleep(700);
    const { session, containerName } = await execute(taskArn);
    expect(containerName).toBe('main');
    expect(session?.sessionId).toMatch(/^ecs-execute-command-[0-9a-z]{17}$/);
    expect(session?.streamUrl).toMatch(/^ws:\/\/127\.0\.0\.1:/);
    await stop(taskArn);
    await until(taskArn, stopped);
    await expect(execute(taskArn)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('is refused when the task was started without it', async () => {
    const taskArn = await run();
    await until(taskArn, runs);
    await expect(execute(taskArn)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining('execute command was not enabled') as string,
    });
    await stop(taskArn);
  });
});

describe('a fault', () => {
  it('keeps RunTask from starting anything, as a failure or as an exception', async () => {
    cluster.aws.setFaults({ runTaskFailure: 'RESOURCE:ENI' });
    const input = { cluster: cluster.name, taskDefinition: 'idle', launchType: 'FARGATE', ...NETWORK } as const;
    expect(await ecs.send(new RunTaskCommand(input))).toMatchObject({
      tasks: [],
      failures: [{ reason: 'RESOURCE:ENI' }],
    });
    cluster.aws.setFaults({ runTaskFailure: 'ClientException: Capacity is unavailable at this time.' });
    await expect(run()).rejects.toMatchObject({ name: 'ClientException' });
  });

  it('keeps the image from being pulled', async () => {
    cluster.aws.setFaults({ imagePullFailure: true });
    const task = await until(await run(), stopped);
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(/^CannotPullContainerError: /);
  });

  it('ends a task that runs', async () => {
    cluster.aws.setFaults({ taskDiesAfterMs: 300 });
    const task = await until(await run(), stopped);
    expect(task.stopCode).toBe('EssentialContainerExited');
    expect(task.startedAt).toBeDefined();
  });

  it('is set and taken back over HTTP', async () => {
    const url = `${cluster.aws.endpoint}/_local/faults`;
    const ask = (method: string, body = '') => signedFetch(url, { method, body }, { key: keyOf(cluster.aws) });
    const set = await ask('PUT', '{"startDelayMs":20000}');
    expect(await set.json()).toMatchObject({ startDelayMs: 20000 });
    const refused = await ask('PUT', '{"start":1}');
    expect(refused.status).toBe(400);
    const back = await ask('DELETE');
    expect(await back.json()).toMatchObject({ startDelayMs: 300 });
  });
});
