import { ecsClient } from '../aws/clients';
import { stopTask } from '../aws/stop-task';
import { taskId } from '../aws/task';
import type { NewTaskOptions, Where } from './args';
import type { ConnectContext } from './connect';
import { words } from './duration';
import { startTask } from './new-task';
import { untilReady } from './ready';

/** Starts a task, waits until it can be used, and prints its id. Whatever goes wrong before that stops it. */
export async function start(options: Where & NewTaskOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const deployment = await context.deployment;
  const { access, environment } = deployment;
  const ecs = ecsClient(access);
  const task = await startTask(ecs, deployment, options, story, signal);
  try {
    await untilReady(task, { ecs, access, story, signal, timeoutMs: options.startTimeoutMs });
  } catch (error) {
    await story.step(
      'Stopping the bastion task',
      () => stopTask(ecs, task, access, 'Its start was given up'),
      () => 'stopped',
    );
    throw error;
  }
  if (options.timing) story.timing();
  terminal.output.write(`${taskId(task)}\n`);
  const { idleSeconds, lifetimeSeconds } = options.lease;
  const connect = `npm run connect --${environment === undefined ? '' : ` --env ${environment}`}`;
  story.line(
    `It ends ${words(idleSeconds)} after its last session, and when it is ${words(lifetimeSeconds)} old.\n` +
      `Connect with: ${connect} --task ${taskId(task)} psql\nStop it with: ${connect} stop ${taskId(task)}`,
  );
  return 0;
}
