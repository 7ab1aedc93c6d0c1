import { setTimeout as sleep } from 'node:timers/promises';
import type { ECSClient, Task } from '@aws-sdk/client-ecs';
import type { AwsAccess } from '../aws/clients';
import { bastionDefinition, describeTaskDefinition, agentObstacle, logStream } from '../aws/task-definition';
import { stoppedError, TaskStoppedError } from '../aws/stopped-task';
import { bastionContainer, taskId, type TaskReference } from '../aws/task';
import { AgentError, waitUntilReady } from '../aws/wait';
import { UserError } from '../errors';
import type { Story } from './story';

const LOG_LINES = 10;
/** A task's last lines come a little after its end. */
const LOG_PATIENCE_MS = 3_000;
const LOG_INTERVAL_MS = 300;

export interface WaitOptions {
  readonly ecs: ECSClient;
  readonly access: AwsAccess;
  readonly story: Story;
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
}

/** Waits until sessions can be opened in the task. @throws UserError with the cause, as far as it can be found out */
export async function untilReady(task: TaskReference, options: WaitOptions): Promise<Task> {
  const { ecs, story, signal, timeoutMs } = options;
  try {
    return await story.step(
      `Waiting for the task ${taskId(task)}`,
      () => waitUntilReady(ecs, task, signal, timeoutMs),
      () => 'running',
    );
  } catch (error) {
    throw await explained(error, options);
  }
}

async function explained(error: unknown, { ecs, access, signal }: WaitOptions): Promise<unknown> {
  const isFailure = error instanceof TaskStoppedError && (bastionContainer(error.task)?.exitCode ?? 0) !== 0;
  if (!isFailure && !(error instanceof AgentError)) return error;
  try {
    const definition = await describeTaskDefinition(ecs, error.task.taskDefinitionArn ?? '', signal);
    const container = bastionDefinition(definition);
    if (error instanceof AgentError) {
      const obstacle = agentObstacle(container);
      return obstacle === undefined ? error : new UserError(`${error.message}: ${obstacle.cause}`, obstacle.remedy);
    }
    const where = logStream(container, taskId({ taskArn: error.task.taskArn ?? '' }));
    const lines = where === undefined ? [] : await patiently(access, where, signal);
    return stoppedError(error.task, lines);
  } catch {
    signal.throwIfAborted();
    return error; // what is known already is better than why more cannot be known
  }
}

async function patiently(
  access: AwsAccess,
  where: { readonly group: string; readonly stream: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { lastLogLines } = await import('../aws/logs.js');
  const deadline = Date.now() + LOG_PATIENCE_MS;
  for (;;) {
    const lines = await lastLogLines(access, where, LOG_LINES, signal).catch((): readonly string[] => []);
    if (lines.length > 0 || Date.now() > deadline) return lines;
    await sleep(LOG_INTERVAL_MS, undefined, { signal });
  }
}
