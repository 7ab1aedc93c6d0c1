import type { Message } from './message';

/** Frames that came ahead of a lost one and are kept: at most 10 MB. */
const MAX_EARLY_FRAMES = 10_000;

export interface Received {
  /** Whether the frame is to be acknowledged. */
  readonly acknowledge: boolean;
  /** Frames whose turn has come, in order. */
  readonly inOrder: readonly Message[];
}

/** Puts the agent's frames in order, each once. */
export class Inbox {
  private readonly early = new Map<number, Message>();
  private next = 0;

  receive(message: Message): Received {
    const { sequenceNumber } = message;
    // A copy is acknowledged again: the acknowledgement of the first may be lost, and the agent resends only its
    // oldest frame, so everything behind it would wait for ever.
    if (sequenceNumber < this.next) return { acknowledge: true, inOrder: [] };
    if (sequenceNumber > this.next) {
      if (this.early.size >= MAX_EARLY_FRAMES && !this.early.has(sequenceNumber)) {
        return { acknowledge: false, inOrder: [] };
      }
      this.early.set(sequenceNumber, message);
      return { acknowledge: true, inOrder: [] };
    }
    const inOrder = [message];
    this.next += 1;
    for (let early = this.early.get(this.next); early !== undefined; early = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.next += 1;
      inOrder.push(early);
    }
    return { acknowledge: true, inOrder };
  }
}
