import { setTimeout as sleep } from 'node:timers/promises';
import { type Message, PayloadType } from '../../session/message';
import { decodeSize } from '../../session/payload';
import { parseCommand } from './command-line';
import type { SessionFaults } from './faults';
import { emptyCommand, failed, type Program, type ProgramEnd, type ProgramChannel } from './program';
import { Pty, type PtyOptions, StartFailure } from './pty';
import { RuneStream } from './runes';

/** The agent waits so long before it tells of a command that could not be started. */
const START_FAILURE_DELAY_MS = 2000;
/** The agent reads the terminal through a buffer of this size, and sends from it in chunks. */
const READ_BUFFER_BYTES = 4096;

export interface ShellOptions extends PtyOptions {
  /** As given to ExecuteCommand; undefined is a Standard_Stream session, which runs `sh`. */
  readonly command: string | undefined;
  readonly faults: SessionFaults;
}

/** A command on a terminal, fed and read as the agent's shell plugin does (`agent/session/shell/shell.go`). */
export class Shell implements Program {
  private pty: Pty | undefined;
  private killed = false;
  private wakeKilled: () => void = () => undefined;
  private readonly untilKilled = new Promise<void>((resolve) => (this.wakeKilled = resolve));

  constructor(private readonly options: ShellOptions) {}

  async run(channel: ProgramChannel): Promise<ProgramEnd> {
    const { command, faults } = this.options;
    if (command?.trim() === '') return emptyCommand('InteractiveCommands');
    try {
      const argv = command === undefined ? ['sh'] : parseCommand(command);
      const environment = shellEnvironment(this.options.environment);
      this.pty = await Pty.start(argv, { ...this.options, environment });
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      await Promise.race([sleep(START_FAILURE_DELAY_MS), this.untilKilled]);
      return failed(`Unable to start command: ${error.message}\n\n`);
    }
    if (this.killed) this.pty.kill(); // while it was starting
    await Promise.race([sleep(faults.firstOutputDelayMs), this.untilKilled]);
    await this.publish(this.pty, channel);
    return { orderly: !this.killed, output: '' };
  }

  async takeInput(message: Message): Promise<boolean> {
    // Before the terminal exists input is refused.
    if (this.pty === undefined) return false;
    if (message.payloadType === PayloadType.Output) return this.pty.write(message.payload);
    if (message.payloadType === PayloadType.Size) this.pty.resize(decodeSize(message.payload));
    return true;
  }

  kill(): void {
    this.killed = true;
    this.wakeKilled();
    this.pty?.kill();
  }

  get exited(): Promise<void> {
    return this.pty?.exited ?? Promise.resolve();
  }

  private async publish(pty: Pty, channel: ProgramChannel): Promise<void> {
    const { readChunkBytes, readPauseMs } = this.options.faults;
    const runes = new RuneStream();
    let buffer: Buffer = Buffer.alloc(0);
    for (;;) {
      await Promise.race([channel.untilReady(), this.untilKilled]);
      if (buffer.length === 0) buffer = (await pty.read(Math.max(READ_BUFFER_BYTES, readChunkBytes))) ?? buffer;
      if (buffer.length === 0 || this.killed) return; // what the runes hold is dropped
      const output = runes.take(buffer.subarray(0, readChunkBytes));
      buffer = buffer.subarray(readChunkBytes);
      if (output.length > 0) channel.send(PayloadType.Output, output, Date.now());
      if (readPauseMs > 0) await sleep(readPauseMs);
    }
  }
}

/** The container's environment with the agent's own additions. */
export function shellEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, TERM: 'xterm-256color', LANG: environment.LANG || 'C.UTF-8' };
}
