import type { Task } from '@aws-sdk/client-ecs';
import { ecsClient } from '../../aws/clients';
import { AwsCredentialsError } from '../../aws/errors';
import { serviceTasks } from '../../aws/service';
import { stoppedError } from '../../aws/stopped-task';
import { taskId, type TaskReference } from '../../aws/task';
import { describeTask } from '../../aws/wait';
import { UserError } from '../../errors';
import { NoMorePortsError } from '../../tunnel/port-pool';
import { type AcquireContext, acquireTask } from '../acquire';
import { untilReady } from '../ready';
import type { Target, TaskOptions } from '../task-options';

/** A task in which sessions can be opened. */
export interface ReadyTask {
  readonly reference: TaskReference;
  readonly task: Task;
  /** Aborts when the task has ended, with the reason. */
  readonly ended: AbortSignal;
}

interface Held {
  readonly ready: ReadyTask;
  readonly end: (reason: unknown) => void;
  readonly leave: () => Promise<void>;
}

/** Each has been started in vain, and costs while it starts. */
const MOST_FAILURES = 3;

/** The task behind forwarded ports: one at a time, another when it has ended. Disposal stops what was started here. */
export class TaskKeeper implements AsyncDisposable {
  private current: Promise<Held> | undefined;
  private failures = 0;

  /** @param mayReplace whether another may be started when the first has ended */
  constructor(
    private readonly options: TaskOptions,
    private readonly context: AcquireContext,
    private readonly mayReplace: boolean,
  ) {}

  /**
   * The task in use; one that has ended is replaced first.
   * @throws NoMorePortsError when it may not be, or when that has failed too often
   */
  async ready(): Promise<ReadyTask> {
    const current = (this.current ??= this.start());
    const held = await current;
    if (!held.ready.ended.aborted) return held.ready;
    // Whoever comes here first replaces it, and the others wait for the same.
    if (this.current === current) this.current = this.replace(held, current);
    return (await this.current).ready;
  }

  /** Looks whether a task has ended, where something in it has gone wrong. @throws UserError with the reason if so */
  async check({ reference, ended }: ReadyTask): Promise<void> {
    ended.throwIfAborted();
    const { ecs, signal } = this.freshContext();
    const found = await describeTask(ecs, reference, signal);
    if (found !== undefined && found.desiredStatus !== 'STOPPED') return;
    const gone = new UserError(`The task ${taskId(reference)} has ended`);
    const reason = found === undefined ? gone : stoppedError(found);
    const held = await this.current;
    if (held?.ready.reference === reference) held.end(reason);
    throw reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const held = await this.current?.catch(() => undefined);
    if (held !== undefined && !held.ready.ended.aborted) await held.leave();
  }

  /** Ports stay open for longer than the credentials of a client last. */
  private freshContext(): AcquireContext {
    return { ...this.context, ecs: ecsClient(this.context.deployment.access) };
  }

  private start(): Promise<Held> {
    const starting = hold(this.options, this.context);
    starting.catch(() => (this.current = undefined));
    return starting;
  }

  private async replace(old: Held, current: Promise<Held>): Promise<Held> {
    const { target } = this.options;
    const reason = old.ready.ended.reason instanceof Error ? old.ready.ended.reason.message : 'The task has ended';
    if (!this.mayReplace) throw new NoMorePortsError(reason, 'Leave --no-replace away, and another is started');
    if (target.kind === 'task') throw new NoMorePortsError(reason, 'Leave --task away, and another is started');
    try {
      this.context.story.line(reason);
      const held = await hold({ ...this.options, target: await this.another(target) }, this.freshContext());
      this.failures = 0;
      return held;
    } catch (error) {
      this.current = current; // the next to ask tries again
      // Nothing was started, and whoever signs in again goes on.
      if (error instanceof AwsCredentialsError) throw error;
      // A service brings another up by itself, and waiting for it costs nothing.
      if (target.kind !== 'service') this.failures += 1;
      if (this.failures < MOST_FAILURES) throw error;
      const { message, remedy } = error instanceof UserError ? error : { message: String(error), remedy: '' };
      throw new NoMorePortsError(`No other task can be started: ${message}`, remedy, { cause: error });
    }
  }

  /** Nobody is asked in the middle of it: another of the service's, else a new one. */
  private async another(target: Target): Promise<Target> {
    if (target.kind !== 'service') return { kind: 'new' };
    const { ecs, deployment, signal } = this.freshContext();
    const [id] = await serviceTasks(ecs, deployment.cluster, deployment.serviceName, signal);
    return { kind: 'task', id };
  }
}

/** Finds or starts a task and waits for it; one of our own that does not come up is stopped. */
async function hold(options: TaskOptions, context: AcquireContext): Promise<Held> {
  const { ecs, deployment, story, signal } = context;
  const acquired = await acquireTask(options, context);
  const leave = (): Promise<void> => Promise.resolve(acquired[Symbol.asyncDispose]());
  try {
    const wait = { ecs, access: deployment.access, story, signal, timeoutMs: options.startTimeoutMs };
    const task = await untilReady(acquired.task, wait);
    const ending = new AbortController();
    return {
      ready: { reference: acquired.task, task, ended: ending.signal },
      end: (reason) => {
        ending.abort(reason);
      },
      leave,
    };
  } catch (error) {
    await leave();
    throw error;
  }
}
