import { ecsClient } from '../aws/clients';
import { bastionDefinition, describeTaskDefinition, logStream } from '../aws/task-definition';
import { taskId } from '../aws/task';
import { describeTask } from '../aws/wait';
import { UserError } from '../errors';
import { printable } from '../printable';
import { describeBastion, ownBastions } from './acquire';
import type { Where } from './args';
import { choose } from './choose';
import type { ConnectContext } from './connect';

/** Prints what a task's container wrote, and with `follow` what it writes until it ends. */
export async function logs(
  options: Where & { readonly task: string | undefined; readonly follow: boolean },
  { terminal, story, interruption, deployment: deployed }: ConnectContext,
): Promise<number> {
  const { signal } = interruption;
  const deployment = await deployed;
  const { access, cluster, family } = deployment;
  const ecs = ecsClient(access);
  const id =
    options.task === undefined
      ? await chooseOwn(() => ownBastions({ ecs, deployment, terminal, story, signal }))
      : taskId({ taskArn: options.task });
  const container = bastionDefinition(await describeTaskDefinition(ecs, family, signal));
  const where = logStream(container, id);
  if (where === undefined) {
    throw new UserError(`The task definition ${family} has no log in CloudWatch Logs`, 'Deploy the stack again');
  }
  const { logEvents } = await import('../aws/logs.js');
  const hasEnded = async (): Promise<boolean> => {
    const task = await describeTask(ecs, { cluster, taskArn: id }, signal);
    return task === undefined || task.lastStatus === 'STOPPED';
  };
  let count = 0;
  for await (const { timestamp, message } of logEvents(access, where, signal, options.follow ? hasEnded : undefined)) {
    count += 1;
    // As journalctl: for eyes without what would steer the terminal, for programs as it is.
    const shown = terminal.output.isTTY === true ? printable(message) : message;
    terminal.output.write(`${new Date(timestamp).toISOString()} ${shown}\n`);
  }
  if (count === 0) story.line(`There is nothing in the log of ${id}`);
  return 0;

  async function chooseOwn(find: () => ReturnType<typeof ownBastions>): Promise<string> {
    const candidates = await find();
    if (candidates.length === 0) {
      throw new UserError('No bastion of yours runs', 'Name one with --task, also one that has ended');
    }
    const choice = { what: 'bastion of yours', candidates, describe: describeBastion, remedy: 'Name one with --task' };
    return (await choose(choice, terminal, signal)).id;
  }
}
