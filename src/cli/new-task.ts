import { randomBytes, randomUUID } from 'node:crypto';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { BASTION_TAGS } from '../aws/bastion-tags';
import { callerIdentity, type Identity, shortName } from '../aws/identity';
import { type NewTask, runTask } from '../aws/run-task';
import { bastionDefinition, describeTaskDefinition } from '../aws/task-definition';
import { taskId, type TaskReference } from '../aws/task';
import { leaseCommand } from '../remote/lease';
import type { NewTaskOptions } from './args';
import type { Deployment } from './deployment';
import type { Story } from './story';

/** What a tag's value may hold; the rest becomes a blank. */
const NOT_IN_TAGS = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu;
const MOST_STARTED_BY = 128;

/** Starts a task of our own, under a lease and with tags that say whose it is. */
export async function startTask(
  ecs: ECSClient,
  { access, network, family }: Deployment,
  options: NewTaskOptions,
  story: Story,
  signal: AbortSignal,
): Promise<TaskReference> {
  const [where, identity, definition] = await story.timed('identity and definition', () =>
    Promise.all([network(), callerIdentity(access, signal), describeTaskDefinition(ecs, family, signal)]),
  );
  // An entry point stays, and gets the lease as its arguments.
  const { command = [] } = bastionDefinition(definition);
  const task: NewTask = {
    network: where,
    command: leaseCommand(command, options.lease),
    startedBy: `aurora-bastion/${shortName(identity.arn)}`.replaceAll(/[^\w/-]/g, '_').slice(0, MOST_STARTED_BY),
    tags: tags(identity, options),
    clientToken: randomUUID(),
  };
  signal.throwIfAborted();
  return story.step('Starting a bastion task', () => runTask(ecs, task), taskId);
}

function tags({ arn, userId }: Identity, { reason, lease }: NewTaskOptions): Readonly<Record<string, string>> {
  const expires = new Date(Date.now() + lease.lifetimeSeconds * 1000);
  const values = {
    [BASTION_TAGS.owner]: arn,
    [BASTION_TAGS.ownerId]: userId,
    [BASTION_TAGS.expires]: `${expires.toISOString().slice(0, 19)}Z`,
    [BASTION_TAGS.start]: randomBytes(8).toString('hex'),
    ...(reason === undefined ? {} : { [BASTION_TAGS.reason]: reason }),
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.replaceAll(NOT_IN_TAGS, ' ')]));
}
