import { randomUUID } from 'node:crypto';
import { AwsError, type Json, type MotoClient, parseJson, record, records, text } from './aws-api';
import { describeTaskDefinition, ECS_PREFIX } from './ecs-lookup';
import type { Task } from './task';
import type { Tasks } from './tasks';

interface Service {
  readonly name: string;
  readonly clusterArn: string;
  readonly region: string;
  taskDefinition: string;
  networkConfiguration: Json;
  enableExecuteCommand: boolean;
  availabilityZoneRebalancing: string;
  desiredCount: number;
  /** Tasks older than a forced deployment are replaced. */
  readonly outdated: Set<Task>;
  /** The newest first. */
  readonly events: Json[];
}

const RECONCILE_INTERVAL_MS = 500;
const MOST_EVENTS = 100;

/** Keeps as many tasks running as each service wants; moto keeps the services, but starts nothing. */
export class Services implements Disposable {
  private readonly services = new Map<string, Service>();
  private readonly timer = setInterval(() => void this.reconcile(), RECONCILE_INTERVAL_MS);
  private busy = false;

  constructor(
    private readonly tasks: Tasks,
    private readonly moto: MotoClient,
  ) {
    this.timer.unref();
  }

  /** Looks at an answer of moto's to a call about services, and mends what moto leaves out. */
  mend(target: string, input: Json, body: Buffer, region: string): Buffer {
    switch (target) {
      case `${ECS_PREFIX}CreateService`:
      case `${ECS_PREFIX}UpdateService`:
      case `${ECS_PREFIX}DeleteService`: {
        const answer = parseJson(body);
        const described = record(answer.service);
        if (described === undefined) return body;
        const service = this.remember(described, input, region);
        if (target.endsWith('DeleteService')) service.desiredCount = 0;
        void this.reconcile();
        return Buffer.from(JSON.stringify({ ...answer, service: this.describe(described) }));
      }
      case `${ECS_PREFIX}DescribeServices`: {
        const answer = parseJson(body);
        const services = records(answer.services).map((service) => this.describe(service));
        return Buffer.from(JSON.stringify({ ...answer, services }));
      }
      default:
        return body;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    this.services.clear();
  }

  private remember(described: Json, input: Json, region: string): Service {
    const arn = text(described.serviceArn) ?? '';
    const before = this.services.get(arn);
    const service: Service = {
      name: text(described.serviceName) ?? '',
      clusterArn: text(described.clusterArn) ?? '',
      region,
      taskDefinition: text(described.taskDefinition) ?? before?.taskDefinition ?? '',
      networkConfiguration: record(input.networkConfiguration) ?? before?.networkConfiguration ?? {},
      enableExecuteCommand:
        typeof input.enableExecuteCommand === 'boolean'
          ? input.enableExecuteCommand
          : (before?.enableExecuteCommand ?? false),
      availabilityZoneRebalancing:
        text(input.availabilityZoneRebalancing) ?? before?.availabilityZoneRebalancing ?? 'DISABLED',
      desiredCount: typeof described.desiredCount === 'number' ? described.desiredCount : 0,
      outdated: before?.outdated ?? new Set(),
      events: before?.events ?? [],
    };
    if (input.forceNewDeployment === true) for (const task of this.tasksOf(service)) service.outdated.add(task);
    this.services.set(arn, service);
    return service;
  }

  private describe(described: Json): Json {
    const service = this.services.get(text(described.serviceArn) ?? '');
    if (service === undefined) return described;
    const tasks = this.tasksOf(service);
    const runningCount = tasks.filter(({ status }) => status === 'RUNNING').length;
    const pendingCount = tasks.length - runningCount;
    return {
      ...described,
      runningCount,
      pendingCount,
      enableExecuteCommand: service.enableExecuteCommand,
      availabilityZoneRebalancing: service.availabilityZoneRebalancing,
      events: service.events,
      deployments: records(described.deployments).map((deployment) => ({
        ...deployment,
        runningCount,
        pendingCount,
        rolloutState: runningCount === service.desiredCount ? 'COMPLETED' : 'IN_PROGRESS',
      })),
    };
  }

  /** Its tasks that are to run. */
  private tasksOf({ clusterArn, name }: Service): readonly Task[] {
    return this.tasks
      .all()
      .filter(
        ({ options, wanted }) =>
          options.clusterArn === clusterArn && options.group === `service:${name}` && wanted === 'RUNNING',
      );
  }

  private async reconcile(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (const service of this.services.values()) {
      try {
        await this.reconcileOne(service);
      } catch (error) {
        // The service lives on and is tried again, as in ECS.
        const why = error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
        tell(service, `was unable to place a task. Reason: ${why}`);
      }
    }
    this.busy = false;
  }

  private async reconcileOne(service: Service): Promise<void> {
    const { clusterArn, networkConfiguration, enableExecuteCommand, region, name, taskDefinition } = service;
    const tasks = this.tasksOf(service);
    const outdated = tasks.filter(
      (task) => service.outdated.has(task) || task.options.definition.taskDefinitionArn !== taskDefinition,
    );
    const surplus = tasks.filter((task) => !outdated.includes(task)).slice(service.desiredCount);
    for (const task of [...outdated, ...surplus]) {
      void task.stop('ServiceSchedulerInitiated', `Scaling activity initiated by (deployment ecs-svc/${name})`);
      tell(service, `has stopped 1 running tasks: (task ${task.id}).`);
    }
    if (tasks.length - outdated.length >= service.desiredCount) return;
    const definition = await describeTaskDefinition(this.moto, taskDefinition, region);
    for (let count = tasks.length - outdated.length; count < service.desiredCount; count += 1) {
      const task = this.tasks.start({
        region,
        clusterArn,
        definition,
        networkConfiguration,
        overrides: {},
        tags: [],
        enableExecuteCommand,
        startedBy: `ecs-svc/${name}`,
        group: `service:${name}`,
      });
      tell(service, `has started 1 tasks: (task ${task.id}).`);
    }
  }
}

/** Adds an event in ECS's words, unless it says the same again. */
function tell({ name, events }: Service, what: string): void {
  const message = `(service ${name}) ${what}`;
  if (events[0]?.message === message) return;
  events.unshift({ id: randomUUID(), createdAt: Date.now() / 1000, message });
  events.splice(MOST_EVENTS);
}
