import { Flags, type Message, newMessage } from './message';
import { RoundTripTimer } from './round-trip';

interface Sent {
  readonly message: Message;
  readonly firstSentAt: number;
  sentAt: number;
  resends: number;
}

/** Frames under way at first, and always allowed. */
const SMALLEST_WINDOW = 32;
/**
 * With some hundred frames of 1 KB under way the agent takes its 8 MB/s; more would only lie before a command that does not
 * read, and whatever is typed next would wait behind it.
 */
const LARGEST_WINDOW = 512;
/** A frame whose acknowledgement is so many frames behind a later one's is lost, not late. */
const REORDERING = 3;
/** A peer that reads nothing must not be buried under copies: so many of the oldest at a time. */
const MOST_RESENDS = 8;

/**
 * Input under way: numbered, kept until it is acknowledged, and sent again. The agent acknowledges every frame by
 * itself, also those behind a gap. Times in ms, from the caller's clock.
 */
export class Outbox {
  private readonly unacknowledged = new Map<number, Sent>();
  private readonly roundTrip = new RoundTripTimer();
  private next = 0;
  private window = SMALLEST_WINDOW;

  /** Whether more may be sent: false holds the sender back. */
  get hasRoom(): boolean {
    return this.unacknowledged.size < this.window;
  }

  get isEmpty(): boolean {
    return this.unacknowledged.size === 0;
  }

  /** The next frame of the stream. */
  add(payloadType: number, payload: Buffer, now: number): Message {
    const sequenceNumber = this.next++;
    // The real client sends flag 0 on its first frame too; only the agent marks its first with SYN.
    const message = newMessage('input_stream_data', { sequenceNumber, flags: Flags.Data, payloadType, payload });
    this.unacknowledged.set(sequenceNumber, { message, firstSentAt: now, sentAt: now, resends: 0 });
    return message;
  }

  /** Takes an acknowledgement. @returns older frames that must have been lost */
  acknowledged(sequenceNumber: number, now: number): Message[] {
    const sent = this.unacknowledged.get(sequenceNumber);
    if (sent === undefined) return [];
    this.unacknowledged.delete(sequenceNumber);
    // A resent frame's acknowledgement may be for either copy, so it measures nothing (Karn's rule).
    if (sent.resends === 0) this.roundTrip.measured(now - sent.firstSentAt);
    this.window = Math.min(LARGEST_WINDOW, this.window + 1);
    return this.lostBefore(sequenceNumber - REORDERING, now);
  }

  /** What has waited too long for its acknowledgement. */
  overdue(now: number): Message[] {
    const overdue: Message[] = [];
    for (const sent of this.unacknowledged.values()) {
      if (overdue.length === MOST_RESENDS) break;
      if (now - sent.sentAt >= this.roundTrip.timeoutMs(sent.resends)) overdue.push(resent(sent, now));
    }
    if (overdue.length > 0) this.window = Math.max(SMALLEST_WINDOW, Math.floor(this.window / 2));
    return overdue;
  }

  /** Everything under way, for a new connection: what the old one held is gone. */
  all(now: number): Message[] {
    return [...this.unacknowledged.values()].map((sent) => resent(sent, now));
  }

  private lostBefore(sequenceNumber: number, now: number): Message[] {
    const lost: Message[] = [];
    for (const [number, sent] of this.unacknowledged) {
      if (number >= sequenceNumber) break;
      if (sent.resends === 0) lost.push(resent(sent, now));
    }
    return lost;
  }
}

function resent(sent: Sent, now: number): Message {
  sent.sentAt = now;
  sent.resends += 1;
  return sent.message;
}
