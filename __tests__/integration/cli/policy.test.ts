import { setTimeout as sleep } from 'node:timers/promises';
import type { Policy } from '../../../src/local-aws/iam/evaluate';
import { type Bastion, FAST, startBastion, startTask } from '../../support/bastion';
import { runHelper } from '../../support/helper';

let bastion: Bastion;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
});

afterAll(() => bastion[Symbol.asyncDispose]());

afterEach(async () => {
  bastion.aws.setFaults(FAST);
  await helper('stop', '--all', '--yes');
});

function helper(...argv: string[]): ReturnType<typeof runHelper> {
  return runHelper(['--outputs', bastion.outputsFile, ...argv], bastion.aws.environment);
}

/** From now on the caller has the rights of the policy that the helper prints, and no others. */
async function liveUnder(...argv: string[]): Promise<void> {
  const { output, exitCode } = await helper('policy', ...argv);
  expect(exitCode).toBe(0);
  bastion.aws.setFaults({ ...FAST, policy: JSON.parse(output) as Policy });
}

it('is enough for every step of a session, of a task and of its end', async () => {
  await liveUnder();
  expect(await helper('psql', '-A', '-t', '-c', 'select 6 * 7')).toMatchObject({ exitCode: 0, output: '42\n' });
  const { output: id } = await helper('start');
  expect(id).toMatch(/^[0-9a-f]{32}\n$/);
  expect(await helper('--reuse', 'exec', '--', 'echo again')).toMatchObject({ exitCode: 0, output: 'again\n' });
  const status = await helper('status');
  expect(status.output).toContain(id.trim());
  await sleep(500); // the log is delivered
  expect(await helper('logs')).toMatchObject({ exitCode: 0 });
  expect(await helper('stop', '--mine', '--yes')).toMatchObject({ exitCode: 0 });
});

it('does not let anybody stop another’s task, and the refusal names what is missing', async () => {
  const other = await startTask(bastion);
  await liveUnder();
  const { exitCode, story } = await helper('stop', other);
  expect(exitCode).toBe(1);
  expect(story).toMatch(/could not be stopped .*not authorized to perform: ecs:StopTask/);
});

it('is enough for every step where it goes by the tags of sessions', async () => {
  await liveUnder('--own-sessions');
  expect(await helper('psql', '-A', '-t', '-c', 'select 6 * 7')).toMatchObject({ exitCode: 0, output: '42\n' });
});

it("does not let anybody into another's task, and the refusal names what is missing", async () => {
  const other = await startTask(bastion, [{ key: 'aurora-bastion:owner-id', value: 'AROAOTHER:bob' }]);
  await liveUnder();
  const { exitCode, story } = await helper('--task', other, 'exec', '--', 'true');
  expect(exitCode).toBe(1);
  expect(story).toMatch(/Not allowed to call ecs:ExecuteCommand/);
});

it('lets those for whom a running task is enough use one, and start none', async () => {
  const { output: id } = await helper('start');
  await liveUnder('--service-only');
  expect(await helper('--task', id.trim(), 'exec', '--', 'echo here')).toMatchObject({ exitCode: 0, output: 'here\n' });
  const { exitCode, story } = await helper('exec', '--', 'true');
  expect(exitCode).toBe(1);
  expect(story).toMatch(/Not allowed to call ecs:\w+[^]*Ask for this statement: {"Effect":"Allow","Action":"ecs:/);
});

it('names the forwarding of ports when it is asked for', async () => {
  expect((await helper('policy')).output).not.toContain('ssm:StartSession');
  const { output } = await helper('policy', '--forward');
  expect(output).toContain('document/AWS-StartPortForwardingSessionToRemoteHost"');
  expect(output).toContain('document/AWS-StartPortForwardingSession"');
});

it.each([[[]], [['--service-only']], [['--forward']]])(
  'says in one line each what AWS does not document: policy %j',
  async (argv) => {
    const { output, story } = await helper('policy', ...argv);
    expect(story).toMatch(/^Note: AWS does not document .*ssmmessages:OpenDataChannel.*OpenExecChannel.*\n/);
    expect(story).toMatch(/^Note: ResumeExecSession holds for every ECS Exec session.*policy --own-sessions.*\n$/m);
    expect(output).toContain('"Sid": "OpenExecChannel"');
  },
);
