import { setTimeout as sleep } from 'node:timers/promises';
import { caller } from '../../support/bastion';
import { call, type Cluster, logLines, registerIdle, startCluster } from '../../support/cluster';

let cluster: Cluster;
let secretArn: string;

beforeAll(async () => {
  cluster = await startCluster();
  const { ARN } = await call(cluster, 'secretsmanager', 'CreateSecret', {
    Name: 'login',
    SecretString: '{"username":"me","password":"p w\'\\"$"}',
  });
  secretArn = String(ARN);
  await call(cluster, 'ssm', 'PutParameter', { Name: '/app/color', Value: 'blue', Type: 'SecureString' });
}, 60_000);
afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

/** Runs a task whose container prints the variable VALUE, filled from `valueFrom`. */
async function runWith(valueFrom: string) {
  const taskDefinition = await registerIdle(cluster.aws, {
    command: ['sh', '-c', 'printf "%s\\n" "$VALUE"; sleep 0.2'],
    secrets: [{ name: 'VALUE', valueFrom }],
  });
  const { tasks } = await caller(cluster.aws)('ecs', 'RunTask', {
    cluster: cluster.name,
    taskDefinition,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  });
  const [{ taskArn } = { taskArn: '' }] = tasks as { taskArn: string }[];
  const deadline = Date.now() + 20_000;
  for (;;) {
    const task = cluster.aws.tasks().find((one) => one.taskArn === taskArn);
    if (task?.lastStatus === 'STOPPED') return task;
    if (Date.now() > deadline) throw new Error('the task does not stop');
    await sleep(20);
  }
}

describe('a secret of a container', () => {
  it.each([
    ['the whole of a secret', () => secretArn, '{"username":"me","password":"p w\'\\"$"}'],
    ['one key of it', () => `${secretArn}:password::`, 'p w\'"$'],
    ['a parameter by its name', () => '/app/color', 'blue'],
    ['a parameter by its ARN', () => 'arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/color', 'blue'],
  ])('is %s', async (_, valueFrom, value) => {
    const task = await runWith(valueFrom());
    expect(await logLines(cluster, String(task.taskArn))).toEqual([value]);
  });

  it.each([
    ['a secret', () => secretArn.replace(/login/, 'absent'), /failed to fetch secret .* ResourceNotFoundException/],
    ['a key', () => `${secretArn}:absent::`, /did not contain json key absent/],
    ['a parameter', () => '/app/absent', /invalid parameters: \/app\/absent/],
  ])('that is missing (%s) keeps the task from starting', async (_, valueFrom, why) => {
    const task = await runWith(valueFrom());
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(/^ResourceInitializationError: unable to pull secrets or registry auth: /);
    expect(task.stoppedReason).toMatch(why);
    expect(task).not.toHaveProperty('startedAt');
  });
});
