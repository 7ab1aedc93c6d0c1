import { join } from 'node:path';
import { AwsError, type Json, type MotoClient, record, records, text, texts } from './aws-api';
import { Container } from './container';
import { ContainerLogs } from './container-logs';
import type { DatabaseHost } from './databases';
import type { Faults } from './faults';
import type { Gateway } from './gateway';
import { resolveSecrets } from './secrets';
import { Task } from './task';

export interface TasksOptions {
  readonly moto: MotoClient;
  readonly gateway: Gateway;
  readonly databases: DatabaseHost;
  readonly faults: () => Faults;
  readonly image: { readonly bin: string; readonly postgresBinaries: string };
  /** Each task has a folder in it. */
  readonly directory: string;
  readonly mark: Readonly<Record<string, string>>;
}

/** What a task is started from; the fields of RunTask that matter to its life. */
export interface Launch {
  readonly region: string;
  readonly clusterArn: string;
  /** As DescribeTaskDefinition shows it. */
  readonly definition: Json;
  readonly networkConfiguration: Json;
  readonly overrides: Json;
  readonly tags: readonly Json[];
  readonly enableExecuteCommand: boolean;
  readonly startedBy: string | undefined;
  /** @default the family */
  readonly group?: string;
}

/** Every task of the instance, stopped ones too. */
export class Tasks implements AsyncDisposable {
  private readonly tasks = new Map<string, Task>();
  private readonly logs: ContainerLogs;

  constructor(private readonly options: TasksOptions) {
    this.logs = new ContainerLogs(options.moto);
  }

  all(): readonly Task[] {
    return [...this.tasks.values()];
  }

  /** @param name ARN or id */
  find(clusterArn: string, name: string): Task | undefined {
    const task = this.tasks.get(name.slice(name.lastIndexOf('/') + 1));
    return task?.options.clusterArn === clusterArn ? task : undefined;
  }

  /** A task by the target of its sessions. */
  byTarget(target: string): Task | undefined {
    return this.all().find((task) => task.target === target);
  }

  /** Starts one task. It is there at once; the rest of its life follows. */
  start(launch: Launch): Task {
    const { definition, overrides, region } = launch;
    const [subnetId] = texts(record(launch.networkConfiguration.awsvpcConfiguration)?.subnets);
    if (definition.networkMode === 'awsvpc' && subnetId === undefined) throw networkMissing();
    // One container, as the bastion's definition has.
    const [containerDefinition] = records(definition.containerDefinitions);
    if (containerDefinition === undefined) {
      throw new AwsError('ClientException', 'The task definition has no container.');
    }
    const faults = this.options.faults();
    const task = new Task({
      ...launch,
      containerName: text(containerDefinition.name) ?? '',
      group: launch.group ?? `family:${text(definition.family) ?? ''}`,
      subnetId: subnetId ?? '',
      faults,
      makeContainer: (made) => this.makeContainer(containerDefinition, overrides, made, region, faults),
      closeSessions: (target) => this.options.gateway.closeTarget(target),
    });
    this.tasks.set(task.id, task);
    void task.start();
    return task;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all().map((task) => task.stop('UserInitiated', 'The local AWS ends')));
  }

  private async makeContainer(
    definition: Json,
    overrides: Json,
    { id, runtimeId }: { readonly id: string; readonly runtimeId: string },
    region: string,
    { yumDelayMs, yumFails = false, secretDenied = false, databaseSilent = false }: Faults,
  ): Promise<Container> {
    const { moto, databases, image, directory, mark } = this.options;
    const name = text(definition.name) ?? '';
    const override = records(overrides.containerOverrides).find((one) => one.name === name) ?? {};
    const secrets = await resolveSecrets(moto, region, definition, secretDenied);
    const environment = { ...pairs(definition.environment), ...pairs(override.environment), ...secrets };
    return new Container({
      directory: join(directory, id),
      image: { ...image, name: text(definition.image) ?? '', yumDelayMs, yumFails },
      command: [...texts(definition.entryPoint), ...texts(override.command ?? definition.command)],
      environment: { ...environment, ...(await databases.route(environment.PGHOST, databaseSilent)) },
      runtimeId,
      region,
      mark,
      onOutput: this.logs.open(record(definition.logConfiguration) ?? {}, name, id, region),
      stopTimeoutSeconds: typeof definition.stopTimeout === 'number' ? definition.stopTimeout : undefined,
    });
  }
}

function networkMissing(): AwsError {
  return new AwsError(
    'InvalidParameterException',
    "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  );
}

function pairs(value: unknown): Record<string, string> {
  return Object.fromEntries(records(value).map((pair) => [text(pair.name) ?? '', text(pair.value) ?? '']));
}
