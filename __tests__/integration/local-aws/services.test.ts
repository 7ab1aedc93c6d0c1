import {
  type AwsVpcConfiguration,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  type Service,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { setTimeout as sleep } from 'node:timers/promises';
import { element, query } from '../../support/bastion';
import { type Cluster, registerIdle, startCluster } from '../../support/cluster';
import { keyOf } from '../../support/sign';

let cluster: Cluster;
let ecs: ECSClient;
let network: AwsVpcConfiguration;
const serviceName = 'always-on';

beforeAll(async () => {
  cluster = await startCluster();
  // Those of the default VPC.
  const ec2 = (Action: string) => query(cluster.aws, 'ec2', { Action, Version: '2016-11-15' });
  network = {
    subnets: [element(await ec2('DescribeSubnets'), 'subnetId')],
    securityGroups: [element(await ec2('DescribeSecurityGroups'), 'groupId')],
  };
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

async function until(what: string, holds: (service: Service, taskArns: string[]) => boolean): Promise<Service> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { services = [] } = await ecs.send(
      new DescribeServicesCommand({ cluster: cluster.name, services: [serviceName] }),
    );
    const [service = {}] = services;
    if (holds(service, await taskArns())) return service;
    if (Date.now() > deadline) throw new Error(`${what} does not come true: ${JSON.stringify(service)}`);
    await sleep(50);
  }
}

async function taskArns(): Promise<string[]> {
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: cluster.name, serviceName }));
  return taskArns;
}

const update = (change: object) =>
  ecs.send(new UpdateServiceCommand({ cluster: cluster.name, service: serviceName, ...change }));

/** One story, told in order: each test goes on where the one before it ended. */
describe('a service', () => {
  it('that does not exist has no list of tasks', async () => {
    await expect(taskArns()).rejects.toMatchObject({ name: 'ServiceNotFoundException' });
  });

  it('starts as many tasks as it wants, and says so', async () => {
    await ecs.send(
      new CreateServiceCommand({
        cluster: cluster.name,
        serviceName,
        taskDefinition: 'idle',
        desiredCount: 2,
        launchType: 'FARGATE',
        enableExecuteCommand: true,
        networkConfiguration: { awsvpcConfiguration: network },
      }),
    );
    const service = await until('two tasks', ({ runningCount }) => runningCount === 2);
    expect(service).toMatchObject({ pendingCount: 0, enableExecuteCommand: true });
    expect(service.events?.[0]?.message).toMatch(
      /^\(service always-on\) has started 1 tasks: \(task [0-9a-f]{32}\)\.$/,
    );
    const tasks = await taskArns();
    const described = await ecs.send(new DescribeTasksCommand({ cluster: cluster.name, tasks }));
    for (const task of described.tasks ?? []) {
      expect(task).toMatchObject({ group: `service:${serviceName}`, enableExecuteCommand: true });
    }
  });

  it('replaces a task that dies', async () => {
    const [first = ''] = await taskArns();
    const pids = cluster.aws.tasks().length;
    cluster.aws.setFaults({ taskDiesAfterMs: 200 });
    await update({ forceNewDeployment: true });
    await until('new tasks', (_, arns) => arns.length > 0 && !arns.includes(first));
    await until('still newer tasks', () => cluster.aws.tasks().length >= pids + 3);
    cluster.aws.setFaults({});
  });

  it('replaces its tasks by those of a new task definition', async () => {
    const taskDefinition = await registerIdle(cluster.aws, { command: ['sleep', '601'] });
    await update({ taskDefinition });
    await until('the new definition', ({ runningCount }) => runningCount === 2);
    const described = await ecs.send(new DescribeTasksCommand({ cluster: cluster.name, tasks: await taskArns() }));
    expect(new Set(described.tasks?.map((task) => task.taskDefinitionArn))).toEqual(new Set([taskDefinition]));
  });

  it('stops what is too many, as the scheduler', async () => {
    const before = await taskArns();
    await update({ desiredCount: 1 });
    await until('one task', ({ runningCount }, arns) => runningCount === 1 && arns.length === 1);
    const [kept] = await taskArns();
    const stopped = before.filter((arn) => arn !== kept);
    const described = await ecs.send(new DescribeTasksCommand({ cluster: cluster.name, tasks: stopped }));
    expect(described.tasks?.[0]?.stopCode).toBe('ServiceSchedulerInitiated');
  });

  it('takes its tasks along when it is deleted', async () => {
    await ecs.send(new DeleteServiceCommand({ cluster: cluster.name, service: serviceName, force: true }));
    const deadline = Date.now() + 20_000;
    for (;;) {
      const live = cluster.aws.tasks().filter(({ lastStatus }) => lastStatus !== 'STOPPED');
      if (live.length === 0) break;
      if (Date.now() > deadline) throw new Error(`${live.length} tasks live on`);
      await sleep(50);
    }
  });
});
