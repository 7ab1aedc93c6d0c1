import { join } from 'node:path';
import { AwsError, type Json, list, type MotoClient, record, records, text, texts } from './aws-api';
import { Container } from './container';
import { ContainerLogs } from './container-logs';
import type { DatabaseHost } from './databases';
import type { Faults } from './faults';
import type { Gateway } from './gateway';
import { resolveSecrets } from './secrets';
import { Task } from './task';

export interface EcsOptions {
  readonly moto: MotoClient;
  readonly gateway: Gateway;
  readonly databases: DatabaseHost;
  readonly faults: () => Faults;
  readonly image: { readonly bin: string; readonly postgresBinaries: string };
  /** Each task has a folder in it. */
  readonly tasksDirectory: string;
  readonly mark: Readonly<Record<string, string>>;
}

const PREFIX = 'AmazonEC2ContainerServiceV20141113.';

/** The part of ECS that moto does not do: tasks that run, and sessions in them. */
export class Ecs {
  private readonly tasks = new Map<string, Task>();
  private readonly byClientToken = new Map<string, Task>();
  private readonly logSink: ContainerLogs;

  constructor(private readonly options: EcsOptions) {
    this.logSink = new ContainerLogs(options.moto);
  }

  /** The answer to a call, or undefined when it is moto's. */
  async handle(target: string, input: Json, region: string): Promise<Json | undefined> {
    switch (target) {
      case `${PREFIX}RunTask`:
        return this.runTask(input, region);
      case `${PREFIX}DescribeTasks`:
        return this.describeTasks(input, region);
      case `${PREFIX}ListTasks`:
        return this.listTasks(input, region);
      case `${PREFIX}StopTask`:
        return this.stopTask(input, region);
      case `${PREFIX}ExecuteCommand`:
        return this.executeCommand(input, region);
      default:
        return undefined;
    }
  }

  all(): readonly Task[] {
    return [...this.tasks.values()];
  }

  /** A running task by the target of its sessions. */
  byTarget(target: string): Task | undefined {
    return this.all().find((task) => task.target === target);
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((task) => task.stop('UserInitiated', 'The local AWS ends')));
  }

  /** Starts one task; `input` as for RunTask. */
  async start(input: Json, region: string, group?: string): Promise<Task> {
    const clusterArn = await this.clusterArn(text(input.cluster) ?? 'default', region);
    const definition = await this.definition(text(input.taskDefinition) ?? '', region);
    const subnets = texts(record(record(input.networkConfiguration)?.awsvpcConfiguration)?.subnets);
    const [subnetId] = subnets;
    if (definition.networkMode === 'awsvpc' && subnetId === undefined) {
      throw new AwsError(
        'InvalidParameterException',
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
      );
    }
    const [containerDefinition] = records(definition.containerDefinitions);
    if (containerDefinition === undefined)
      throw new AwsError('ClientException', 'The task definition has no container.');
    const faults = this.options.faults();
    const overrides = record(input.overrides) ?? {};
    const task = new Task({
      region,
      clusterArn,
      definition,
      containerName: text(containerDefinition.name) ?? '',
      group: group ?? `family:${text(definition.family) ?? ''}`,
      startedBy: text(input.startedBy),
      enableExecuteCommand: input.enableExecuteCommand === true,
      subnetId: subnetId ?? '',
      tags: records(input.tags),
      overrides,
      faults,
      makeContainer: ({ id, runtimeId }) =>
        this.makeContainer(containerDefinition, overrides, { id, runtimeId, region, faults }),
      closeSessions: (target) => this.options.gateway.closeTarget(target),
    });
    this.tasks.set(task.id, task);
    void task.start();
    return task;
  }

  private async runTask(input: Json, region: string): Promise<Json> {
    const { runTaskFailure } = this.options.faults();
    if (runTaskFailure !== undefined) return { tasks: [], failures: [{ reason: runTaskFailure }] };
    const clientToken = text(input.clientToken);
    const known = clientToken === undefined ? undefined : this.byClientToken.get(clientToken);
    const task = known ?? (await this.start(input, region));
    if (clientToken !== undefined) this.byClientToken.set(clientToken, task);
    return { tasks: [task.describe()], failures: [] };
  }

  private async describeTasks(input: Json, region: string): Promise<Json> {
    const clusterArn = await this.clusterArn(text(input.cluster) ?? 'default', region);
    const withTags = list(input.include).includes('TAGS');
    const asked = texts(input.tasks).map((name) => ({ name, task: this.find(clusterArn, name) }));
    return {
      tasks: asked.flatMap(({ task }) => {
        if (task === undefined) return [];
        const described = task.describe();
        return [withTags ? described : { ...described, tags: [] }];
      }),
      failures: asked.flatMap(({ name, task }) =>
        task === undefined
          ? [
              {
                arn: name.includes(':') ? name : `${clusterArn.replace(':cluster/', ':task/')}/${name}`,
                reason: 'MISSING',
              },
            ]
          : [],
      ),
    };
  }

  private async listTasks(input: Json, region: string): Promise<Json> {
    const clusterArn = await this.clusterArn(text(input.cluster) ?? 'default', region);
    const { serviceName, family, startedBy } = input;
    const wanted = text(input.desiredStatus) ?? 'RUNNING';
    const found = this.all().filter(
      (task) =>
        task.options.clusterArn === clusterArn &&
        task.wanted === wanted &&
        (serviceName === undefined || task.options.group === `service:${lastPart(text(serviceName) ?? '')}`) &&
        (family === undefined || task.options.definition.family === family) &&
        (startedBy === undefined || task.options.startedBy === startedBy),
    );
    return { taskArns: found.map(({ arn }) => arn) };
  }

  private async stopTask(input: Json, region: string): Promise<Json> {
    const clusterArn = await this.clusterArn(text(input.cluster) ?? 'default', region);
    const task = this.find(clusterArn, text(input.task) ?? '');
    if (task === undefined) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
    void task.stop('UserInitiated', text(input.reason) ?? 'Task stopped by user');
    return { task: task.describe() };
  }

  private async executeCommand(input: Json, region: string): Promise<Json> {
    const clusterArn = await this.clusterArn(text(input.cluster) ?? 'default', region);
    const task = this.find(clusterArn, text(input.task) ?? '');
    if (task === undefined) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
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
    const session = this.options.gateway.startSession({
      host: {
        target: task.target,
        environment: container.environment,
        workingDirectory: container.workingDirectory,
      },
      command: text(input.command) ?? '',
      idPrefix: 'ecs-execute-command',
    });
    const [described] = records(task.describe().containers);
    return {
      clusterArn,
      taskArn: task.arn,
      containerArn: described?.containerArn,
      containerName,
      interactive: true,
      session: { ...session },
    };
  }

  private async makeContainer(
    definition: Json,
    overrides: Json,
    {
      id,
      runtimeId,
      region,
      faults,
    }: { readonly id: string; readonly runtimeId: string; readonly region: string; readonly faults: Faults },
  ): Promise<Container> {
    const override = records(overrides.containerOverrides).find(({ name }) => name === definition.name) ?? {};
    const secrets = await resolveSecrets(this.options.moto, region, definition);
    const environment = { ...pairs(definition.environment), ...pairs(override.environment), ...secrets };
    const command = override.command === undefined ? definition.command : override.command;
    return new Container({
      directory: join(this.options.tasksDirectory, id),
      image: { ...this.options.image, yumDelayMs: faults.yumDelayMs },
      command: [...texts(definition.entryPoint), ...texts(command)],
      environment: { ...environment, ...this.options.databases.route(environment.PGHOST) },
      runtimeId,
      region,
      mark: this.options.mark,
      onOutput: this.logSink.open(record(definition.logConfiguration) ?? {}, text(definition.name) ?? '', id, region),
    });
  }

  private find(clusterArn: string, name: string): Task | undefined {
    const task = this.tasks.get(lastPart(name));
    return task?.options.clusterArn === clusterArn ? task : undefined;
  }

  private async clusterArn(name: string, region: string): Promise<string> {
    const { clusters } = await this.options.moto.json('ecs', region, `${PREFIX}DescribeClusters`, { clusters: [name] });
    const arn = text(records(clusters)[0]?.clusterArn);
    if (arn === undefined) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
    return arn;
  }

  private async definition(name: string, region: string): Promise<Json> {
    const { taskDefinition } = await this.options.moto.json('ecs', region, `${PREFIX}DescribeTaskDefinition`, {
      taskDefinition: name,
    });
    return record(taskDefinition) ?? {};
  }
}

const EXEC_NOT_ENABLED =
  "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't running. Wait and try again or run a new task with execute command enabled and try again.";

function pairs(value: unknown): Record<string, string> {
  return Object.fromEntries(records(value).map((pair) => [text(pair.name) ?? '', text(pair.value) ?? '']));
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
