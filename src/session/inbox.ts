import type { Message } from './message';

/** Frames that came ahead of a lost one and are kept, by their number and with their payloads. */
const MAX_EARLY_FRAMES = 10_000;
/** So many of the agent's, which have 1 KB each. */
const MAX_EARLY_BYTES = MAX_EARLY_FRAMES * 1024;

export interface Received {
  /** Whether the frame is to be acknowledged. */
  readonly acknowledge: boolean;
  /** Frames whose turn has come, in order. */
  readonly inOrder: readonly Message[];
}

/** Puts the agent's frames in order, each once. */
export class Inbox {
  private readonly early = new Map<number, Message>();
  private earlyBytes = 0;
  private next = 0;

  /** Whether frames are here that wait for one before them. */
  get isWaiting(): boolean {
    return this.early.size > 0;
  }

  receive(message: Message): Received {
    const { sequenceNumber } = message;
    // A copy is acknowledged again: the acknowledgement of the first may be lost, and the agent resends only its
    // oldest frame, so everything behind it would wait for ever.
    if (sequenceNumber < this.next) return { acknowledge: true, inOrder: [] };
    if (sequenceNumber > this.next) return { acknowledge: this.keep(message), inOrder: [] };
    const inOrder = [message];
    this.next += 1;
    for (let early = this.early.get(this.next); early !== undefined; early = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.earlyBytes -= early.payload.length;
      this.next += 1;
      inOrder.push(early);
    }
    return { acknowledge: true, inOrder };
  }

  /** What is not kept is not acknowledged either, so that it is sent again. @returns whether it is kept */
  private keep(message: Message): boolean {
    const { sequenceNumber, payload } = message;
    if (this.early.has(sequenceNumber)) return true;
    if (sequenceNumber - this.next > MAX_EARLY_FRAMES || this.earlyBytes + payload.length > MAX_EARLY_BYTES)
      return false;
    this.earlyBytes += payload.length;
    // A copy: a small payload must not hold on to the large piece that it came in.
    this.early.set(sequenceNumber, { ...message, payload: Buffer.from(payload) });
    return true;
  }
}
