import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addClient, addPackageManager, findInContainer, installsClient } from './container-image';
import { kill, sweep } from './processes';

export interface ContainerOptions {
  /** A new folder of its own. */
  readonly directory: string;
  readonly image: {
    readonly name: string;
    readonly bin: string;
    readonly postgresBinaries: string;
    readonly yumDelayMs: number;
    readonly yumFails: boolean;
  };
  readonly command: readonly string[];
  /** Definition, overrides and secrets; joined with what every container has. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stands in the environment of every process of this container and of no other. */
  readonly runtimeId: string;
  readonly region: string;
  /** Carried by every process of the instance. */
  readonly mark: Readonly<Record<string, string>>;
  readonly onOutput: (chunk: Buffer) => void;
  /** How long SIGTERM may take, as in the task definition. @default 30 s */
  readonly stopTimeoutSeconds?: number | undefined;
}

/** How a container ended: its exit code, or 128 + the number of the signal. */
export interface ContainerExit {
  readonly exitCode: number;
}

const STOP_TIMEOUT_SECONDS = 30;

/** The command cannot be started, with Docker's words. */
export class ContainerStartError extends Error {}

/** A container: a process group with an environment, a PATH and a folder of its own. */
export class Container {
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly exited: Promise<ContainerExit>;
  private readonly process: ChildProcess;
  /** Stands in the environment of all of its processes, and in no command line. */
  private readonly ownMark: string;
  private readonly stopTimeoutMs: number;

  constructor({
    directory,
    image,
    command,
    environment,
    runtimeId,
    region,
    mark,
    onOutput,
    stopTimeoutSeconds = STOP_TIMEOUT_SECONDS,
  }: ContainerOptions) {
    const own = join(directory, 'bin');
    const home = join(directory, 'root');
    const temporary = join(directory, 'tmp');
    for (const path of [own, home, temporary]) mkdirSync(path, { recursive: true });
    if (installsClient(image.name)) addPackageManager(own, image);
    else addClient(own, image.postgresBinaries);
    const path = `${own}:${image.bin}`;
    const metadata = `http://169.254.170.2/v4/${runtimeId}`;
    this.ownMark = `ECS_CONTAINER_METADATA_URI_V4=${metadata}`;
    this.stopTimeoutMs = stopTimeoutSeconds * 1000;
    this.workingDirectory = home;
    this.environment = {
      HOSTNAME: 'ip-10-0-100-10.local',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
      ...environment,
      HOME: home,
      TMPDIR: temporary,
      PATH: path,
      ECS_CONTAINER_METADATA_URI_V4: metadata,
      ...mark,
    };
    const program = findInContainer(command[0] ?? 'sh', path);
    if (program === undefined) {
      throw new ContainerStartError(
        `CannotStartContainerError: exec: "${command[0] ?? ''}": executable file not found in $PATH`,
      );
    }
    this.process = spawn(program, command.slice(1), {
      cwd: home,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.process.stdout?.on('data', onOutput);
    this.process.stderr?.on('data', onOutput);
    this.exited = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => {
        resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) });
      });
      this.process.once('error', () => {
        resolve({ exitCode: 127 });
      });
    });
  }

  /** As the kernel kills when there is no memory left. */
  kill(): void {
    if (this.process.pid !== undefined) kill(-this.process.pid, 'SIGKILL');
  }

  /** SIGTERM, SIGKILL when that does not help, and then everything that is left, as a PID namespace ends. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.process;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const exited = once(this.process, 'exit');
      kill(-pid, 'SIGTERM');
      const inTime = await Promise.race([exited, sleep(this.stopTimeoutMs, 'late', { ref: false })]);
      if (inTime === 'late') kill(-pid, 'SIGKILL');
      await exited;
    }
    // First the group, whose members may have cleared their environment; then those that have left the group.
    if (pid !== undefined) kill(-pid, 'SIGKILL');
    await sweep(this.ownMark);
  }
}
