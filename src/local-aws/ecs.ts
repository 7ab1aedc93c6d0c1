import { AwsError, type Json, list, records, text, texts } from './aws-api';
import { clusterArn, ECS_PREFIX, type EcsContext, requireService, sessionKeyId } from './ecs-lookup';
import type { Faults } from './faults';
import type { Gateway } from './gateway';
import { RunTask } from './run-task';

/** The part of ECS that moto does not do: tasks that run, and sessions in them. */
export class Ecs {
  private readonly runTask: RunTask;

  constructor(
    private readonly context: EcsContext,
    private readonly gateway: Gateway,
    faults: () => Faults,
  ) {
    this.runTask = new RunTask(context, faults);
  }

  /** The answer to a call, or undefined when it is moto's. */
  async handle(target: string, input: Json, region: string): Promise<Json | undefined> {
    switch (target) {
      case `${ECS_PREFIX}RunTask`:
        return this.runTask.handle(input, region);
      case `${ECS_PREFIX}DescribeTasks`:
        return this.describeTasks(input, region);
      case `${ECS_PREFIX}ListTasks`:
        return this.listTasks(input, region);
      case `${ECS_PREFIX}StopTask`:
        return this.stopTask(input, region);
      case `${ECS_PREFIX}ExecuteCommand`:
        return this.executeCommand(input, region);
      default:
        return undefined;
    }
  }

  private async describeTasks(input: Json, region: string): Promise<Json> {
    const cluster = await clusterArn(this.context.moto, input.cluster, region);
    const withTags = list(input.include).includes('TAGS');
    const asked = texts(input.tasks).map((name) => ({ name, task: this.context.tasks.find(cluster, name) }));
    return {
      tasks: asked.flatMap(({ task }) => {
        if (task === undefined) return [];
        const described = task.describe();
        return [withTags ? described : { ...described, tags: [] }];
      }),
      failures: asked
        .filter(({ task }) => task === undefined)
        .map(({ name }) => ({
          arn: name.includes(':') ? name : `${cluster.replace(':cluster/', ':task/')}/${name}`,
          reason: 'MISSING',
        })),
    };
  }

  private async listTasks(input: Json, region: string): Promise<Json> {
    const { moto, tasks } = this.context;
    const cluster = await clusterArn(moto, input.cluster, region);
    const { family, startedBy } = input;
    const service = text(input.serviceName);
    if (service !== undefined) await requireService(moto, cluster, service, region);
    const group = service === undefined ? undefined : `service:${service.slice(service.lastIndexOf('/') + 1)}`;
    const wanted = text(input.desiredStatus) ?? 'RUNNING';
    const found = tasks
      .all()
      .filter(
        (task) =>
          task.options.clusterArn === cluster &&
          task.wanted === wanted &&
          (group === undefined || task.options.group === group) &&
          (family === undefined || task.options.definition.family === family) &&
          (startedBy === undefined || task.options.startedBy === startedBy),
      );
    return { taskArns: found.map(({ arn }) => arn) };
  }

  private async stopTask(input: Json, region: string): Promise<Json> {
    const task = await this.requireTask(input, region);
    void task.stop('UserInitiated', text(input.reason) ?? 'Task stopped by user');
    return { task: task.describe() };
  }

  private async executeCommand(input: Json, region: string): Promise<Json> {
    const task = await this.requireTask(input, region);
    const { containerName, enableExecuteCommand } = task.options;
    if (!enableExecuteCommand) throw new AwsError('InvalidParameterException', EXEC_NOT_ENABLED);
    if (input.interactive !== true) {
      throw new AwsError('InvalidParameterException', 'Interactive is the only mode supported currently.');
    }
    const asked = text(input.container);
    if (asked !== undefined && asked !== containerName) {
      throw new AwsError('InvalidParameterException', `The container ${asked} was not found in the task.`);
    }
    const { container } = task;
    if (task.status !== 'RUNNING' || container === undefined) {
      throw new AwsError('InvalidParameterException', EXEC_NOT_ENABLED);
    }
    if (!task.connected) {
      throw new AwsError(
        'TargetNotConnectedException',
        'The execute command failed due to an internal error. Try again later.',
      );
    }
    const { environment, workingDirectory } = container;
    const session = this.gateway.startSession({
      host: { target: task.target, environment, workingDirectory },
      command: text(input.command) ?? '',
      kmsKeyId: await sessionKeyId(this.context.moto, task.options.clusterArn, region),
      idPrefix: 'ecs-execute-command',
      region,
    });
    const [described] = records(task.describe().containers);
    return {
      clusterArn: task.options.clusterArn,
      taskArn: task.arn,
      containerArn: described?.containerArn,
      containerName,
      interactive: true,
      session: { ...session },
    };
  }

  private async requireTask(input: Json, region: string) {
    const { moto, tasks } = this.context;
    const task = tasks.find(await clusterArn(moto, input.cluster, region), text(input.task) ?? '');
    if (task === undefined) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
    return task;
  }
}

const EXEC_NOT_ENABLED =
  "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't running. Wait and try again or run a new task with execute command enabled and try again.";
