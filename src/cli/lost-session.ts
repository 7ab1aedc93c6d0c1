import { setTimeout as sleep } from 'node:timers/promises';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { stoppedError } from '../aws/stopped-task';
import type { TaskReference } from '../aws/task';
import { describeTask } from '../aws/wait';
import { SessionLostError } from '../session/session';

/** ECS tells of a task's end a little after the session. */
const LOOKS = 3;
const LOOK_INTERVAL_MS = 500;
const TIMEOUT_MS = 5_000;

/** The same error, or, where the session was lost with its task, what became of that. */
export async function explainLoss(error: unknown, ecs: ECSClient, task: TaskReference): Promise<unknown> {
  if (!(error instanceof SessionLostError)) return error;
  try {
    for (let look = 1; look <= LOOKS; look += 1) {
      const found = await describeTask(ecs, task, AbortSignal.timeout(TIMEOUT_MS));
      if (found?.desiredStatus === 'STOPPED') {
        const { message, remedy } = stoppedError(found);
        return new SessionLostError(message, remedy, { cause: error });
      }
      if (look < LOOKS) await sleep(LOOK_INTERVAL_MS);
    }
  } catch {
    // The loss is what matters; why more cannot be known does not.
  }
  return error;
}
