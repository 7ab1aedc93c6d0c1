import { setTimeout as sleep } from 'node:timers/promises';
import { type Message, PayloadType } from '../../session/message';
import { decodeSize } from '../../session/payload';
import type { AgentChannel } from './agent-channel';
import type { SessionFaults } from './faults';
import { Pty, type PtyOptions, StartFailure } from './pty';
import { takeRunes } from './runes';
import { split, SplitError } from './shlex';

/** The agent waits so long before it tells of a command that could not be started. */
const START_FAILURE_DELAY_MS = 2000;
/** And so long for the last acknowledgements. */
const LAST_ACKNOWLEDGEMENTS_MS = 2000;

export interface ShellOptions extends PtyOptions {
  /** As given to ExecuteCommand. */
  readonly command: string;
  readonly faults: SessionFaults;
}

/** A command on a terminal, fed and read as the agent's shell plugin does (`agent/session/shell/shell.go`). */
export class Shell {
  private pty: Pty | undefined;
  private killed = false;
  private wakeKilled: () => void = () => undefined;
  private readonly untilKilled = new Promise<void>((resolve) => (this.wakeKilled = resolve));

  constructor(private readonly options: ShellOptions) {}

  /** Runs to the end. @returns what the task's completion carries: empty, or why the command did not start */
  async run(channel: AgentChannel): Promise<string> {
    try {
      this.pty = await Pty.start(this.argv(), { ...this.options, environment: this.environment() });
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      await sleep(START_FAILURE_DELAY_MS);
      return `\n----------ERROR-------\nUnable to start command: ${error.message}\n\n`;
    }
    if (this.isKilled()) this.pty.kill(); // while it was starting
    await Promise.race([sleep(this.options.faults.firstOutputDelayMs), this.untilKilled]);
    await this.publish(this.pty, channel);
    const deadline = Date.now() + LAST_ACKNOWLEDGEMENTS_MS;
    while (!this.isKilled() && !channel.allAcknowledged && Date.now() < deadline) await sleep(10);
    return '';
  }

  /** Before the terminal exists input is refused without an acknowledgement, and comes again. */
  async takeInput(message: Message): Promise<boolean> {
    if (this.pty === undefined) return false;
    if (message.payloadType === PayloadType.Output) await this.pty.write(message.payload);
    if (message.payloadType === PayloadType.Size) this.pty.resize(decodeSize(message.payload));
    return true;
  }

  kill(): void {
    this.killed = true;
    this.wakeKilled();
    this.pty?.kill();
  }

  private isKilled(): boolean {
    return this.killed;
  }

  private async publish(pty: Pty, channel: AgentChannel): Promise<void> {
    const { readChunkBytes, readPauseMs } = this.options.faults;
    let held = Buffer.alloc(0);
    for (;;) {
      await Promise.race([channel.untilResumed(), this.untilKilled]);
      const read = await pty.read(readChunkBytes);
      if (read === undefined || this.isKilled()) return; // what is held is dropped
      const taken = takeRunes(Buffer.concat([held, read]));
      held = Buffer.from(taken.held);
      if (taken.whole.length > 0) channel.send(PayloadType.Output, taken.whole, Date.now());
      if (readPauseMs > 0) await sleep(readPauseMs);
    }
  }

  private argv(): readonly string[] {
    try {
      const words = split(this.options.command);
      if (words.length === 0) throw new StartFailure('Commands cannot be empty for session type InteractiveCommands');
      return words;
    } catch (error) {
      if (!(error instanceof SplitError)) throw error;
      throw new StartFailure(`Failed to start pty: Failed to parse commands input: ${error.message}`);
    }
  }

  private environment(): NodeJS.ProcessEnv {
    const { environment } = this.options;
    return { ...environment, TERM: 'xterm-256color', LANG: environment.LANG || 'C.UTF-8' };
  }
}
