import type { Message } from '../../session/message';
import type { SessionType } from './order';

/** A program's way to the client. */
export interface ProgramChannel {
  /** Settles when more may be sent. */
  untilReady(): Promise<void>;
  /** @param now in ms since 1970 */
  send(payloadType: number, payload: Buffer, now: number): void;
}

/** What a session worker runs: the agent's session plugins. */
export interface Program {
  /** Runs to the end of its output, or until it is killed. */
  run(channel: ProgramChannel): Promise<ProgramEnd>;
  /** Takes the next input in order; false refuses it, and then it is not acknowledged and comes again. */
  takeInput(message: Message): Promise<boolean>;
  kill(): void;
  /** Settles when its processes have ended. */
  readonly exited: Promise<void>;
}

export interface ProgramEnd {
  /** Whether the agent waits for the last acknowledgements and says that it is `Terminating`. */
  readonly orderly: boolean;
  /** What the task's completion carries: empty, or why the command did not start. */
  readonly output: string;
}

/** A failure as the agent's plugins put it into the task's completion. */
export function failed(text: string): ProgramEnd {
  return { orderly: false, output: `\n----------ERROR-------\n${text}` };
}

export function emptyCommand(sessionType: SessionType): ProgramEnd {
  return { orderly: false, output: `Commands cannot be empty for session type ${sessionType}` };
}
