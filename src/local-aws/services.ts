import { type Json, parseJson, record, records, text } from './aws-api';
import type { Ecs } from './ecs';
import type { Task } from './task';

interface Service {
  readonly name: string;
  readonly clusterArn: string;
  readonly region: string;
  taskDefinition: string;
  networkConfiguration: Json;
  enableExecuteCommand: boolean;
  availabilityZoneRebalancing: string;
  desiredCount: number;
}

const PREFIX = 'AmazonEC2ContainerServiceV20141113.';
const RECONCILE_INTERVAL_MS = 500;

/** Keeps as many tasks running as each service wants; moto keeps the services, but starts nothing. */
export class Services implements Disposable {
  private readonly services = new Map<string, Service>();
  private readonly timer = setInterval(() => void this.reconcile(), RECONCILE_INTERVAL_MS);
  private busy = false;

  constructor(private readonly ecs: Ecs) {
    this.timer.unref();
  }

  /** Looks at an answer of moto's to a call about services, and mends what moto leaves out. */
  mend(target: string, input: Json, body: Buffer, region: string): Buffer {
    switch (target) {
      case `${PREFIX}CreateService`:
      case `${PREFIX}UpdateService`:
      case `${PREFIX}DeleteService`: {
        const answer = parseJson(body);
        const service = record(answer.service);
        if (service === undefined) return body;
        this.remember(service, input, region);
        if (target.endsWith('DeleteService')) this.forget(service);
        void this.reconcile();
        return Buffer.from(JSON.stringify({ ...answer, service: this.describe(service) }));
      }
      case `${PREFIX}DescribeServices`: {
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
  }

  private remember(described: Json, input: Json, region: string): void {
    const arn = text(described.serviceArn) ?? '';
    const before = this.services.get(arn);
    this.services.set(arn, {
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
    });
  }

  private forget(described: Json): void {
    const service = this.services.get(text(described.serviceArn) ?? '');
    if (service !== undefined) service.desiredCount = 0;
  }

  private describe(described: Json): Json {
    const service = this.services.get(text(described.serviceArn) ?? '');
    if (service === undefined) return described;
    const tasks = this.tasksOf(service);
    const runningCount = tasks.filter(({ status }) => status === 'RUNNING').length;
    return {
      ...described,
      runningCount,
      pendingCount: tasks.length - runningCount,
      enableExecuteCommand: service.enableExecuteCommand,
      availabilityZoneRebalancing: service.availabilityZoneRebalancing,
      deployments: records(described.deployments).map((deployment) => ({
        ...deployment,
        runningCount,
        pendingCount: tasks.length - runningCount,
        rolloutState: runningCount === service.desiredCount ? 'COMPLETED' : 'IN_PROGRESS',
      })),
    };
  }

  /** Its tasks that are to run. */
  private tasksOf({ clusterArn, name }: Service): readonly Task[] {
    return this.ecs
      .all()
      .filter(
        ({ options, wanted }) =>
          options.clusterArn === clusterArn && options.group === `service:${name}` && wanted === 'RUNNING',
      );
  }

  private async reconcile(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (const service of this.services.values()) await this.reconcileOne(service);
    } finally {
      this.busy = false;
    }
  }

  private async reconcileOne(service: Service): Promise<void> {
    const { clusterArn, networkConfiguration, enableExecuteCommand, region, name } = service;
    const tasks = this.tasksOf(service);
    const outdated = tasks.filter(({ options }) => options.definition.taskDefinitionArn !== service.taskDefinition);
    const surplus = tasks.filter((task) => !outdated.includes(task)).slice(service.desiredCount);
    for (const task of [...outdated, ...surplus]) {
      void task.stop('ServiceSchedulerInitiated', `Scaling activity initiated by (deployment ecs-svc/${name})`);
    }
    for (let count = tasks.length - outdated.length; count < service.desiredCount; count += 1) {
      const { taskDefinition } = service;
      await this.ecs.start(
        {
          cluster: clusterArn,
          taskDefinition,
          networkConfiguration,
          enableExecuteCommand,
          startedBy: `ecs-svc/${name}`,
        },
        region,
        `service:${name}`,
      );
    }
  }
}
