import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../errors';
import { type Message, PayloadType } from '../../session/message';
import { parseCommand } from './command-line';
import type { SessionFaults } from './faults';
import { emptyCommand, failed, type Program, type ProgramEnd, type ProgramChannel } from './program';
import { StartFailure } from './pty';
import { RuneStream } from './runes';
import { shellEnvironment } from './shell';

const PARSE_FAILURE_DELAY_MS = 2000;
const ERROR_FRAME_DELAY_MS = 1000;
const CONTROL_C = 0x03;
const CONTROL_BACKSLASH = 0x1c;

export interface ExecutedCommandOptions {
  readonly command: string;
  /** Standard error and the exit code go in payloads of their own. */
  readonly separate: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  readonly faults: SessionFaults;
}

/**
 * A command without a terminal and without input: the agent's NonInteractiveCommands. Merged output goes through a file
 * and is sent when the command has ended, as the agent does it.
 */
export class ExecutedCommand implements Program {
  private child: ChildProcess | undefined;
  private killed = false;

  constructor(private readonly options: ExecutedCommandOptions) {}

  async run(channel: ProgramChannel): Promise<ProgramEnd> {
    if (this.options.command.trim() === '') return emptyCommand('NonInteractiveCommands');
    try {
      const argv = parseCommand(this.options.command);
      return await (this.options.separate ? this.runSeparate(argv, channel) : this.runMerged(argv, channel));
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      await sleep(PARSE_FAILURE_DELAY_MS + ERROR_FRAME_DELAY_MS);
      const text = `Unable to start command: ${error.message}\n\n`;
      channel.send(PayloadType.StdErr, Buffer.from(text), Date.now());
      return failed(text);
    }
  }

  /** Nothing is typed: only Ctrl-C and Ctrl-\ mean something, and a window has no size. */
  takeInput({ payloadType, payload }: Message): Promise<boolean> {
    if (payloadType === PayloadType.Output) {
      const signal = payload.find((byte) => byte === CONTROL_C || byte === CONTROL_BACKSLASH);
      if (signal !== undefined) this.child?.kill(signal === CONTROL_C ? 'SIGINT' : 'SIGQUIT');
    }
    return Promise.resolve(true);
  }

  kill(): void {
    this.killed = true;
    this.child?.kill('SIGKILL');
  }

  get exited(): Promise<void> {
    const { child } = this;
    const isRunning = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    return isRunning ? once(child, 'exit').then(() => undefined) : Promise.resolve();
  }

  private async runSeparate(argv: readonly string[], channel: ProgramChannel): Promise<ProgramEnd> {
    const child = this.spawn(argv, ['ignore', 'pipe', 'pipe']);
    const { stdout, stderr } = child;
    const problem = await startProblem(child, argv);
    if (problem !== undefined) {
      channel.send(PayloadType.ExitCode, Buffer.from('EXIT_CODE: 1'), Date.now());
      return this.startFailed(problem, channel);
    }
    const ended = once(child, 'exit');
    await Promise.all([
      stdout === null ? undefined : this.pass(stdout, PayloadType.Output, channel),
      stderr === null ? undefined : this.pass(stderr, PayloadType.StdErr, channel),
    ]);
    const [code] = (await ended) as [number | null];
    // Go's word for a command that a signal has ended is -1.
    if (!this.killed) channel.send(PayloadType.ExitCode, Buffer.from(`EXIT_CODE: ${code ?? -1}`), Date.now());
    return { orderly: true, output: '' };
  }

  private async runMerged(argv: readonly string[], channel: ProgramChannel): Promise<ProgramEnd> {
    const folder = mkdtempSync(join(tmpdir(), 'ssm-session-'));
    try {
      const file = join(folder, 'output');
      const descriptor = openSync(file, 'a');
      const child = this.spawn(argv, ['ignore', descriptor, descriptor]);
      closeSync(descriptor);
      const problem = await startProblem(child, argv);
      if (problem !== undefined) return await this.startFailed(problem, channel);
      await this.exited;
      if (this.killed) return { orderly: false, output: '' };
      const output = readFileSync(file);
      const { readChunkBytes, readPauseMs } = this.options.faults;
      const runes = new RuneStream();
      for (let at = 0; at < output.length; at += readChunkBytes) {
        await channel.untilReady();
        sendOutput(channel, PayloadType.Output, runes.take(output.subarray(at, at + readChunkBytes)));
        if (readPauseMs > 0) await sleep(readPauseMs);
      }
      return { orderly: true, output: '' };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private spawn(argv: readonly string[], stdio: ('ignore' | 'pipe' | number)[]): ChildProcess {
    const [program = '', ...rest] = argv;
    const child = spawn(program, rest, {
      cwd: this.options.workingDirectory,
      env: shellEnvironment(this.options.environment),
      stdio,
    });
    this.child = child;
    return child;
  }

  private async startFailed(problem: string, channel: ProgramChannel): Promise<ProgramEnd> {
    await sleep(ERROR_FRAME_DELAY_MS);
    channel.send(PayloadType.StdErr, Buffer.from(problem), Date.now());
    return { ...failed(`Error occurred starting the command: ${problem}\n`), orderly: true };
  }

  /** Pipes are read without a pause between the chunks. */
  private async pass(from: Readable, payloadType: number, channel: ProgramChannel): Promise<void> {
    const { readChunkBytes } = this.options.faults;
    const runes = new RuneStream();
    for await (const bytes of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < bytes.length; at += readChunkBytes) {
        await channel.untilReady();
        sendOutput(channel, payloadType, runes.take(bytes.subarray(at, at + readChunkBytes)));
      }
    }
  }
}

function sendOutput(channel: ProgramChannel, payloadType: number, output: Buffer): void {
  if (output.length > 0) channel.send(payloadType, output, Date.now());
}

/** Why a command could not be started, in the words of Go's `os/exec`; undefined when it runs. */
async function startProblem(child: ChildProcess, [program = '']: readonly string[]): Promise<string | undefined> {
  try {
    if (child.pid === undefined) await once(child, 'spawn');
    return undefined;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES')) throw error;
    if (!program.includes('/')) return `exec: "${program}": executable file not found in $PATH`;
    return `fork/exec ${program}: ${isErrno(error, 'ENOENT') ? 'no such file or directory' : 'permission denied'}`;
  }
}
