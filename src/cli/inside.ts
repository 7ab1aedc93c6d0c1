import { ecsClient } from '../aws/clients';
import type { StandardStreams } from '../remote/exec';
import { acquireTask } from './acquire';
import type { TaskOptions } from './args';
import type { ConnectContext } from './connect';
import { connectionStory } from './connection-story';
import { explainLoss } from './lost-session';
import { untilReady } from './ready';
import { type ExecPlace, execIn } from './remote-exec';

/** A task that is ready, and what can be done in it. */
export interface Inside {
  readonly place: ExecPlace;
  /**
   * Runs a program there, in a session of its own.
   * @param tidySeconds as for `execCommand`
   * @returns its exit code
   */
  readonly run: (
    words: readonly string[],
    streams: StandardStreams,
    signal?: AbortSignal,
    tidySeconds?: number,
  ) => Promise<number>;
}

/** Does some work in a task. A task of our own is stopped on every way out. */
export async function inside<T>(
  options: TaskOptions,
  context: ConnectContext,
  work: (task: Inside) => Promise<T>,
): Promise<T> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const deployment = await context.deployment;
  const ecs = ecsClient(deployment.access);
  await using bastion = await acquireTask(options, { ecs, deployment, terminal, story, signal });
  const { task } = bastion;
  const place = { ecs, task, deployment, signal };
  try {
    await untilReady(task, { ecs, access: deployment.access, story, signal, timeoutMs: options.startTimeoutMs });
    if (options.timing) story.timing();
    using connection = connectionStory(terminal, false);
    const talk = {
      warn: (text: string): void => {
        story.line(text);
      },
      onConnection: connection.onConnection,
    };
    return await work({
      place,
      run: (words, streams, own = signal, tidySeconds = 0) =>
        execIn({ ...place, signal: own }, words, streams, { ...talk, tidySeconds }),
    });
  } catch (error) {
    throw await explainLoss(error, ecs, task);
  }
}
