import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from './aws-api';
import { type Container, type ContainerExit, ContainerStartError } from './container';
import type { Faults } from './faults';
import { SecretError } from './secrets';

export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated';

type Status =
  'PROVISIONING' | 'PENDING' | 'ACTIVATING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'DEPROVISIONING' | 'STOPPED';

export interface TaskOptions {
  readonly region: string;
  readonly clusterArn: string;
  readonly definition: Json;
  readonly containerName: string;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly enableExecuteCommand: boolean;
  readonly subnetId: string;
  readonly tags: readonly Json[];
  readonly overrides: Json;
  readonly faults: Faults;
  /** Makes the container; rejects with a `SecretError` or a `ContainerStartError`. */
  readonly makeContainer: (task: { readonly id: string; readonly runtimeId: string }) => Promise<Container>;
  /** Ends the sessions in the container, before it ends. */
  readonly closeSessions: (target: string) => Promise<void>;
}

/** A Fargate task with one container: its life from PROVISIONING to STOPPED, and what DescribeTasks says of it. */
export class Task {
  readonly id = randomBytes(16).toString('hex');
  readonly runtimeId: string;
  readonly arn: string;
  container: Container | undefined;
  private lastStatus: Status = 'PROVISIONING';
  private desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING';
  private readonly times: Record<string, number> = { createdAt: now() };
  private agentStatus: 'PENDING' | 'RUNNING' | 'STOPPED' = 'PENDING';
  private agentRunningSince = Number.POSITIVE_INFINITY;
  private stopCode: StopCode | undefined;
  private stoppedReason: string | undefined;
  private exit: ContainerExit | undefined;
  private stopping: Promise<void> | undefined;
  /** Settles when the container has been made or could not be: an end in between must take it along. */
  private making: Promise<void> = Promise.resolve();

  constructor(readonly options: TaskOptions) {
    this.arn = `${options.clusterArn.replace(':cluster/', ':task/')}/${this.id}`;
    this.runtimeId = `${this.id}-${randomBytes(5).readUIntBE(0, 5) % 10 ** 10}`;
  }

  get clusterName(): string {
    return this.options.clusterArn.slice(this.options.clusterArn.lastIndexOf('/') + 1);
  }

  /** What sessions are addressed to. */
  get target(): string {
    return `ecs:${this.clusterName}_${this.id}_${this.runtimeId}`;
  }

  get status(): Status {
    return this.lastStatus;
  }

  get wanted(): 'RUNNING' | 'STOPPED' {
    return this.desiredStatus;
  }

  /** Whether sessions can be opened: some time after the agent says that it runs, as in AWS. */
  get connected(): boolean {
    return (
      this.agentStatus === 'RUNNING' && Date.now() - this.agentRunningSince >= this.options.faults.targetNotConnectedMs
    );
  }

  /** Lives the task's life until it runs; its failures are states, not exceptions. */
  async start(): Promise<void> {
    try {
      await this.live();
    } catch (error) {
      // Such as moto's end while a secret is fetched: the task's fault, not the whole instance's.
      await this.stop('TaskFailedToStart', `Unexpected EC2 error while attempting to start the task: ${String(error)}`);
    }
  }

  private async live(): Promise<void> {
    const { faults } = this.options;
    const step = faults.startDelayMs / 3;
    await sleep(step);
    this.enter('PENDING');
    this.times.connectivityAt = now();
    this.times.pullStartedAt = now();
    await sleep(step);
    if (this.desiredStatus === 'STOPPED') return;
    if (faults.imagePullFailure === true) {
      await this.stop('TaskFailedToStart', IMAGE_PULL_FAILURE);
      return;
    }
    this.times.pullStoppedAt = now();
    this.enter('ACTIVATING');
    const made = this.options.makeContainer(this);
    this.making = made.then(
      (container) => {
        this.container = container;
      },
      () => undefined, // told below
    );
    try {
      const { exited } = await made;
      void exited.then((exit) => this.containerExited(exit));
    } catch (error) {
      if (!(error instanceof SecretError) && !(error instanceof ContainerStartError)) throw error;
      await this.stop('TaskFailedToStart', error.message);
      return;
    }
    await sleep(step);
    if (this.isStopping()) return;
    this.enter('RUNNING');
    this.times.startedAt = now();
    if (faults.taskDiesAfterMs !== undefined) void this.dieAfter(faults.taskDiesAfterMs);
    if (faults.outOfMemory === true) this.container?.kill();
    await sleep(faults.agentDelayMs);
    if (this.isStopping() || faults.agentFailure === 'never') return;
    if (faults.agentFailure === 'stopped') {
      this.agentStatus = 'STOPPED';
      return;
    }
    this.agentStatus = 'RUNNING';
    this.agentRunningSince = Date.now();
  }

  /** Ends the task; settles when it is STOPPED. */
  stop(code: StopCode, reason: string): Promise<void> {
    this.desiredStatus = 'STOPPED';
    this.stopping ??= this.end(code, reason);
    return this.stopping;
  }

  describe(): Json {
    const { definition, clusterArn, containerName, region, subnetId, tags, overrides } = this.options;
    const [containerArn, attachmentId] = [this.arn.replace(':task/', ':container/'), this.id.slice(0, 8)];
    return {
      taskArn: this.arn,
      clusterArn,
      taskDefinitionArn: definition.taskDefinitionArn,
      group: this.options.group,
      ...(this.options.startedBy === undefined ? {} : { startedBy: this.options.startedBy }),
      lastStatus: this.lastStatus,
      desiredStatus: this.desiredStatus,
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      platformFamily: 'Linux',
      availabilityZone: `${region}a`,
      cpu: definition.cpu,
      memory: definition.memory,
      enableExecuteCommand: this.options.enableExecuteCommand,
      connectivity: 'CONNECTED',
      healthStatus: 'UNKNOWN',
      version: Object.keys(this.times).length,
      tags,
      overrides,
      ...this.times,
      ...(this.stopCode === undefined ? {} : { stopCode: this.stopCode, stoppedReason: this.stoppedReason }),
      attachments: [
        {
          id: attachmentId,
          type: 'ElasticNetworkInterface',
          status: this.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
          details: [
            { name: 'subnetId', value: subnetId },
            { name: 'privateIPv4Address', value: '10.0.100.10' },
          ],
        },
      ],
      containers: [
        {
          containerArn: `${containerArn}/${this.id.slice(8, 16)}`,
          taskArn: this.arn,
          name: containerName,
          runtimeId: this.runtimeId,
          lastStatus: this.lastStatus === 'RUNNING' || this.lastStatus === 'STOPPED' ? this.lastStatus : 'PENDING',
          ...(this.exit === undefined ? {} : { exitCode: this.exit.exitCode }),
          ...(this.exit?.exitCode === KILLED && this.options.faults.outOfMemory === true ? OUT_OF_MEMORY : {}),
          ...(this.options.enableExecuteCommand
            ? { managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: this.agentStatus }] }
            : {}),
          networkInterfaces: [{ attachmentId, privateIpv4Address: '10.0.100.10' }],
          healthStatus: 'UNKNOWN',
        },
      ],
    };
  }

  private isStopping(): boolean {
    return this.desiredStatus === 'STOPPED';
  }

  private enter(status: Status): void {
    if (!this.isStopping()) this.lastStatus = status;
  }

  private async containerExited(exit: ContainerExit): Promise<void> {
    this.exit = exit;
    await this.stop('EssentialContainerExited', 'Essential container in task exited');
  }

  private async dieAfter(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { ref: false });
    await this.container?.stop();
  }

  private async end(code: StopCode, reason: string): Promise<void> {
    this.stopCode = code;
    this.stoppedReason = reason;
    this.times.stoppingAt = now();
    this.lastStatus = 'STOPPING';
    this.agentStatus = 'STOPPED';
    await this.making;
    await this.container?.stop();
    await this.options.closeSessions(this.target);
    this.exit ??= await this.container?.exited;
    this.lastStatus = 'DEPROVISIONING';
    this.times.executionStoppedAt = now();
    await sleep(this.options.faults.startDelayMs / 3, undefined, { ref: false });
    this.lastStatus = 'STOPPED';
    this.times.stoppedAt = now();
  }
}

/** 128 + SIGKILL. */
const KILLED = 137;
const OUT_OF_MEMORY = { reason: 'OutOfMemoryError: Container killed due to memory usage' };

const IMAGE_PULL_FAILURE =
  'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref public.ecr.aws/amazonlinux/amazonlinux:2023: failed to do request: dial tcp: i/o timeout';

/** Seconds since 1970, as the JSON protocol has them. */
function now(): number {
  return Date.now() / 1000;
}
