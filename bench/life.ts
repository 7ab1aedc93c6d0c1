import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { type Bastion, caller, startBastion, startTask } from '../__tests__/support/bastion';
import { startHelper } from '../__tests__/support/helper';
import { keyOf } from '../__tests__/support/sign';
import { SignedChannelAccess } from '../src/aws/channel-access';
import { Session, type SessionTicket } from '../src/session/session';
import type { Row } from './row';
import { median } from './statistics';

const ROUNDS = 5;
/** As in AWS: some seconds from RunTask to RUNNING, and more until the agent is connected. */
const START = { startDelayMs: 3_000, agentDelayMs: 1_000, targetNotConnectedMs: 1_000, yumDelayMs: 0 };
/** What the script before this helper did. */
const OLD_POLL_MS = 2_000;
const OLD_SLEEP_MS = 20_000;

/** From the command line to the prompt, beside a script that polls every two seconds and then sleeps for twenty. */
export async function lifeRows(): Promise<Row[]> {
  await using bastion = await startBastion({ faults: START });
  const [toRunTask, toPrompt]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = Date.now();
    const helper = startHelper(['--outputs', bastion.outputsFile, 'exec', '--', 'echo ready'], bastion.aws.environment);
    const shown = helper.process.stdout === null ? undefined : once(helper.process.stdout, 'data');
    await shown;
    const shownAt = Date.now();
    await helper.exitCode;
    const { createdAt, connectedAt } = lastTask(bastion);
    toRunTask.push((createdAt - startedAt) / 1000);
    toPrompt.push((shownAt - connectedAt) / 1000);
  }
  const old = await oldScript(bastion);
  return [
    { name: 'from start to RunTask', unit: 's', ours: median(toRunTask) },
    { name: 'from the agent’s connection to the first output', unit: 's', ours: median(toPrompt) },
    { name: 'the same by the script of old', unit: 's', ours: old },
  ];
}

/** In ms since 1970: when RunTask came, and when sessions could be opened. */
function lastTask({ aws }: Bastion): { readonly createdAt: number; readonly connectedAt: number } {
  const task = aws.tasks().at(-1);
  const [createdAt, startedAt] = [Number(task?.createdAt) * 1000, Number(task?.startedAt) * 1000];
  return { createdAt, connectedAt: startedAt + START.agentDelayMs + START.targetNotConnectedMs };
}

/** Seconds from the agent's connection to the first output. */
async function oldScript(bastion: Bastion): Promise<number> {
  const call = caller(bastion.aws);
  const { cluster } = bastion;
  const task = await startTask(bastion);
  for (let status = ''; status !== 'RUNNING';) {
    await sleep(OLD_POLL_MS);
    const described = (await call('ecs', 'DescribeTasks', { cluster, tasks: [task] })) as {
      tasks: { lastStatus: string }[];
    };
    status = described.tasks[0]?.lastStatus ?? '';
  }
  await sleep(OLD_SLEEP_MS);
  const { session } = (await call('ecs', 'ExecuteCommand', {
    cluster,
    task,
    container: 'bastion',
    interactive: true,
    command: '/bin/sh',
  })) as unknown as { session: SessionTicket };
  const access = new SignedChannelAccess({
    region: 'ap-northeast-1',
    endpoint: bastion.aws.endpoints.ssmmessages,
    configured: () => Promise.resolve([]),
    credentials: () => Promise.resolve(keyOf(bastion.aws)),
    clockOffsetMs: () => 0,
    warn: () => undefined,
  });
  await using open = await Session.open(session, { access });
  await once(open.output, 'data');
  const seconds = (Date.now() - lastTask(bastion).connectedAt) / 1000;
  await call('ecs', 'StopTask', { cluster, task });
  return seconds;
}
