import type { ECSClient } from '@aws-sdk/client-ecs';
import { type Bastion, listBastions } from '../aws/bastions';
import { callerIdentity } from '../aws/identity';
import { serviceTasks } from '../aws/service';
import { stopTask } from '../aws/stop-task';
import { taskId, type TaskReference } from '../aws/task';
import { UserError } from '../errors';
import type { NewTaskOptions, Target } from './args';
import { choose } from './choose';
import type { Deployment } from './deployment';
import { words } from './duration';
import { startTask } from './new-task';
import type { Story } from './story';
import type { Terminal } from './terminal';

/** A task to work with; disposal stops it when it was started for this alone. */
export interface AcquiredTask extends AsyncDisposable {
  readonly task: TaskReference;
}

export interface AcquireContext {
  readonly ecs: ECSClient;
  readonly deployment: Deployment;
  readonly terminal: Terminal;
  readonly story: Story;
  readonly signal: AbortSignal;
}

/** Such a task will not be there any more when it is needed. */
const ENDING = ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'];
const LEFT_ENOUGH_MS = 60_000;

/** Finds or starts the task that the command line asks for. */
export async function acquireTask(
  { target, keep, ...options }: NewTaskOptions & { readonly target: Target; readonly keep: boolean },
  context: AcquireContext,
): Promise<AcquiredTask> {
  const { ecs, deployment, terminal, story, signal } = context;
  const { cluster, serviceName } = deployment;
  switch (target.kind) {
    case 'task':
      return leftRunning({ cluster, taskArn: target.id });
    case 'service': {
      const taskArn = await choose(
        {
          what: `task of ${serviceName}`,
          candidates: await serviceTasks(ecs, cluster, serviceName, signal),
          describe: (one) => taskId({ taskArn: one }),
          remedy: 'Name one with --task',
        },
        terminal,
        signal,
      );
      return leftRunning({ cluster, taskArn });
    }
    case 'running':
    case 'reuse': {
      const own = await ownBastions(context);
      if (own.length === 0) {
        if (target.kind === 'running') throw noneRuns();
        story.line('No bastion of yours runs: a new one is started');
        break;
      }
      const { taskArn } = await choose(
        { what: 'bastion of yours', candidates: own, describe: describeBastion, remedy: 'Name one with --task' },
        terminal,
        signal,
      );
      story.line(`Using your bastion ${taskId({ taskArn })}, which is left running`);
      return leftRunning({ cluster, taskArn });
    }
    case 'new':
  }
  const task = await startTask(ecs, deployment, options, story, signal);
  return { task, [Symbol.asyncDispose]: () => (keep ? leave(task, options, story) : stop(task, context, options)) };
}

function noneRuns(): UserError {
  return new UserError(
    'No bastion of yours runs, and what is in a new one would end with it',
    'Start one with: npm run connect -- start\nor name a running one with --task ID or --service',
  );
}

/** The running bastions of the caller, by the tag of their user id. */
export async function ownBastions({ ecs, deployment, signal }: AcquireContext): Promise<readonly Bastion[]> {
  const { access, cluster, family } = deployment;
  const [{ userId }, bastions] = await Promise.all([
    callerIdentity(access, signal),
    listBastions(ecs, { cluster, family }, signal),
  ]);
  return bastions.filter(
    ({ ownerId, status, expires }) =>
      ownerId === userId &&
      !ENDING.includes(status) &&
      (expires === undefined || expires.getTime() - Date.now() > LEFT_ENOUGH_MS),
  );
}

/** One line: id, state, age, reason. */
export function describeBastion({ id, status, createdAt, reason }: Bastion): string {
  const age = createdAt === undefined ? '' : `, ${words((Date.now() - createdAt.getTime()) / 1000)} old`;
  return `${id}  ${status.toLowerCase()}${age}${reason === undefined ? '' : `, for: ${reason}`}`;
}

function leftRunning(task: TaskReference): AcquiredTask {
  return { task, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function leave(task: TaskReference, { lease }: NewTaskOptions, story: Story): Promise<void> {
  story.line(
    `The task ${taskId(task)} is left running; it ends ${words(lease.idleSeconds)} after its last session, and when it is ${words(lease.lifetimeSeconds)} old`,
  );
  return Promise.resolve();
}

async function stop(
  task: TaskReference,
  { ecs, deployment, story }: AcquireContext,
  { lease }: NewTaskOptions,
): Promise<void> {
  try {
    await story.step(
      'Stopping the bastion task',
      () => stopTask(ecs, task, deployment.access),
      () => 'stopped',
    );
  } catch (error) {
    story.line(`It ends by itself ${words(lease.idleSeconds)} after its last session`);
    throw error;
  }
}
