import { type Bastion, listBastions } from '../aws/bastions';
import { ecsClient } from '../aws/clients';
import { shortName } from '../aws/identity';
import { stopTask } from '../aws/stop-task';
import { lastPart, type TaskReference } from '../aws/task';
import { describeTask, unknownTask } from '../aws/wait';
import { UsageError, UserError } from '../errors';
import { printableLine } from '../printable';
import { describeBastion, ownBastions } from './acquire';
import type { StopOptions } from './args';
import { choose, confirm } from './choose';
import type { ConnectContext } from './connect';
import { isInteractive } from './terminal';

/**
 * Stops bastions: those that are named, one's own, or all that were started by hand. A service's tasks are left alone
 * unless they are named, since the service would start others. Asks first, except for what is named.
 */
export async function stop(options: StopOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const deployment = await context.deployment;
  const { access, cluster, family } = deployment;
  const ecs = ecsClient(access);
  const named = options.tasks.map((taskArn) => ({ cluster, taskArn }));
  for (const task of named) if ((await describeTask(ecs, task, signal)) === undefined) throw unknownTask(task);
  const found = async (): Promise<readonly Bastion[]> =>
    options.scope === 'all'
      ? (await listBastions(ecs, { cluster, family }, signal)).filter(({ service }) => service === undefined)
      : ownBastions({ ecs, deployment, terminal, story, signal });
  const bastions = named.length > 0 ? [] : await found();
  if (named.length === 0 && bastions.length === 0) {
    story.line(options.scope === 'all' ? `No bastion runs in ${cluster}` : `No bastion of yours runs in ${cluster}`);
    return 0;
  }
  const chosen =
    named.length > 0 || options.scope !== undefined
      ? bastions
      : [
          await choose(
            {
              what: 'bastion of yours',
              candidates: bastions,
              describe: describeBastion,
              remedy: 'Name one, or pass --mine for all of them',
            },
            terminal,
            signal,
          ),
        ];
  if (chosen.length > 0 && !options.yes && !(await agreed(chosen, context))) {
    story.line('Nothing was stopped');
    return 1;
  }
  return stopEach([...named, ...chosen.map(({ taskArn }) => ({ cluster, taskArn }))], async (task) => {
    await story.step(
      `Stopping ${lastPart(task.taskArn)}`,
      () => stopTask(ecs, task, access, 'Stopped by hand'),
      () => 'stopped',
    );
  });
}

async function agreed(bastions: readonly Bastion[], context: ConnectContext): Promise<boolean> {
  const { terminal, story, interruption } = context;
  if (!isInteractive(terminal)) {
    throw new UsageError('There is nobody to ask whether to stop them', 'Pass --yes, or name the tasks');
  }
  for (const bastion of bastions) {
    const owner = bastion.owner === undefined ? '' : `, of ${shortName(bastion.owner)}`;
    story.line(`  ${printableLine(`${describeBastion(bastion)}${owner}`)}`);
  }
  const question = bastions.length === 1 ? 'Stop it?' : `Stop these ${bastions.length}?`;
  return confirm(question, terminal, interruption.signal);
}

/** One that cannot be stopped does not save the others. @throws the first failure, when all have been tried */
async function stopEach(
  tasks: readonly TaskReference[],
  stopOne: (task: TaskReference) => Promise<void>,
): Promise<number> {
  const failures: UserError[] = [];
  for (const task of tasks) {
    try {
      await stopOne(task);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error);
    }
  }
  const [first, another] = failures;
  if (first === undefined) return 0;
  if (another === undefined) throw first;
  const texts = failures.map(({ message, remedy }) => `${message}. ${remedy}`);
  throw new UserError(`${failures.length} tasks could not be stopped:\n${texts.join('\n')}`);
}
