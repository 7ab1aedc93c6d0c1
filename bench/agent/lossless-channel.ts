import type { ProgramChannel } from '../../src/local-aws/agent/program';
import { decodeMessage, encodeMessage, Flags, type Message, newMessage } from '../../src/session/message';
import { acknowledge } from '../../src/session/payload';
import { isAcknowledgement } from './acknowledgement';
import { callAt } from './call-at';
import type { Link } from './link';

/** Messages that wait while the destination takes nothing; above it the line is not read. */
const MAX_WAITING_MESSAGES = 64;
/** How late a frame may be for those after it to make up for it. */
const MAX_LATE_MS = 10;

/**
 * The agent's side of a Port session's data channel on a line that loses nothing: it never sends again, and so need not
 * know what has arrived.
 */
export class LosslessChannel implements ProgramChannel {
  private made = 0;
  /** When the next frame may leave, by the clock of `performance.now`. */
  private dueAt = performance.now();
  private expected = 0;
  private readonly waiting: Message[] = [];
  private isBusy = false;

  /**
   * @param pauseMs after each frame; 0 is none
   * @param takeInput takes the next input in order; false refuses it, and it comes again
   */
  constructor(
    private readonly link: Link,
    private readonly pauseMs: number,
    private readonly takeInput: (message: Message) => Promise<boolean>,
  ) {
    link.onFrame = (frame) => {
      this.receive(frame);
    };
  }

  async untilReady(): Promise<void> {
    while (this.link.isOpen && !this.link.takesMore) {
      await new Promise<void>((resolve) => (this.link.onTaken = resolve));
    }
    if (this.dueAt > performance.now()) await new Promise<void>((resolve) => callAt(this.dueAt, resolve));
  }

  send(payloadType: number, payload: Buffer): void {
    const sequenceNumber = this.made++;
    const flags = sequenceNumber === 0 ? Flags.Syn : Flags.Data;
    // On average: a real agent is on a machine of its own, where no client keeps its timers waiting.
    this.dueAt = Math.max(this.dueAt + this.pauseMs, performance.now() - MAX_LATE_MS);
    this.link.send(encodeMessage(newMessage('output_stream_data', { sequenceNumber, flags, payloadType, payload })));
  }

  private receive(frame: Buffer): void {
    if (isAcknowledgement(frame)) return;
    const message = decodeMessage(frame);
    if (message.messageType !== 'input_stream_data') return;
    this.waiting.push(message);
    if (this.waiting.length > MAX_WAITING_MESSAGES) this.link.hold();
    if (!this.isBusy) void this.takeInTurn();
  }

  /** One message after the other, as the agent: while one is not dealt with the next ones wait, and then the line. */
  private async takeInTurn(): Promise<void> {
    this.isBusy = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      if (this.waiting.length < MAX_WAITING_MESSAGES / 2) this.link.release();
      await this.take(next);
    }
    this.isBusy = false;
  }

  private async take(message: Message): Promise<void> {
    const { sequenceNumber } = message;
    if (sequenceNumber > this.expected) return; // one before it was refused, and they come again in order
    if (sequenceNumber === this.expected) {
      if (!(await this.takeInput(message))) return;
      this.expected += 1;
    }
    this.link.send(encodeMessage(acknowledge(message)));
  }
}
