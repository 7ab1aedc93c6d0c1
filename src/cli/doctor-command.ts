import { ecsClient } from '../aws/clients';
import { type AcquiredTask, acquireTask } from './acquire';
import type { DoctorOptions } from './args';
import type { ConnectContext } from './connect';
import { doctor } from './doctor';
import { runQuietly } from './quiet-exec';
import { untilReady } from './ready';

/** A task to look from is there for that alone, so it need not stay long. */
const LOOK = { reason: 'doctor', lease: { idleSeconds: 600, lifetimeSeconds: 3_600 }, startTimeoutMs: undefined };

/** Checks the deployment from outside, and with `deep` from inside a task as well. */
export async function doctorCommand(options: DoctorOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const deployment = await context.deployment;
  const { json, deep: target } = options;
  if (target === undefined) return doctor(deployment, { json }, terminal.output, signal);
  const ecs = ecsClient(deployment.access);
  const { access } = deployment;
  const where = { ecs, deployment, terminal, story, signal };
  // What can be seen from outside comes first, also where no task would start.
  let bastion: AcquiredTask | undefined;
  const open = async (): Promise<AcquiredTask> => {
    bastion = await acquireTask({ ...LOOK, timing: false, keep: false, target }, where);
    await untilReady(bastion.task, { ecs, access, story, signal, timeoutMs: undefined });
    return bastion;
  };
  let opened: Promise<AcquiredTask> | undefined;
  const run = async (words: readonly string[]): ReturnType<typeof runQuietly> => {
    const { task } = await (opened ??= open());
    return runQuietly(words, { ecs, task, deployment, signal });
  };
  try {
    return await doctor(deployment, { json, deep: run }, terminal.output, signal);
  } finally {
    await bastion?.[Symbol.asyncDispose]();
  }
}
