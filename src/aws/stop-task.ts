import { setTimeout as sleep } from 'node:timers/promises';
import { type ECSClient, StopTaskCommand } from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { type AwsAccess, ecsClient } from './clients';
import { awsErrorName, EXPIRED } from './errors';
import { taskId, type TaskReference } from './task';

const ATTEMPTS = 5;
/** Another attempt changes nothing about these. */
const FINAL = ['AccessDeniedException', 'AccessDenied', 'ClusterNotFoundException'];

/**
 * Stops a task, trying a few times; a task that is gone counts as stopped.
 * @param ecs the client at hand, whose credentials may have ended with a long session: then others are looked for
 * @throws UserError with the command to use
 */
export async function stopTask(
  ecs: ECSClient,
  task: TaskReference,
  access: AwsAccess,
  reason = 'The bastion session has ended',
): Promise<void> {
  let client = ecs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new StopTaskCommand({ cluster: task.cluster, task: task.taskArn, reason }));
      return;
    } catch (error) {
      if (isUnknownTask(error)) return;
      const name = awsErrorName(error) ?? '';
      if (EXPIRED.includes(name)) client = ecsClient(access);
      if (attempt < ATTEMPTS && !FINAL.includes(name)) {
        await sleep(200 * 2 ** attempt);
        continue;
      }
      const why = error instanceof Error && error.message !== '' ? ` (${error.message})` : '';
      throw new UserError(
        `The task ${taskId(task)} could not be stopped and still runs${why}`,
        `Stop it with: aws ecs stop-task --cluster ${task.cluster} --task ${taskId(task)} --region ${access.region}`,
        { cause: error },
      );
    }
  }
}

function isUnknownTask(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'InvalidParameterException' && /task was not found/i.test(error.message)
  );
}
