import { type Message, newMessage } from './message';
import { readUuid, UUID_BYTES, writeUuid } from './uuid';

/** As long as acknowledgements may be on their way, in ms. */
const RECENT_MS = 3_000;
/** What the agent sends in a second at its fastest; each takes a quarter of a kilobyte to say again. */
const MOST_FRAMES = 10_000;

/**
 * The latest frames of output that were acknowledged. A connection that is lost takes acknowledgements along, and the
 * agent sends only its oldest frame again, ten times in a second: of thousands that have arrived long since nothing new
 * would come for minutes.
 *
 * A ring of plain numbers: kept as objects, they outlive the collector's first rounds by the thousand, which costs a
 * download 50 MB and a fifth of its time.
 */
export class Acknowledged {
  private readonly ids = Buffer.alloc(MOST_FRAMES * UUID_BYTES);
  private readonly sequenceNumbers = new Float64Array(MOST_FRAMES);
  /** In ms. */
  private readonly times = new Float64Array(MOST_FRAMES);
  private added = 0;

  add({ messageId, sequenceNumber }: Message, now: number): void {
    const at = this.added % MOST_FRAMES;
    writeUuid(this.ids, messageId, at * UUID_BYTES);
    this.sequenceNumbers[at] = sequenceNumber;
    this.times[at] = now;
    this.added += 1;
  }

  /** Those whose acknowledgement may not have arrived when the last one was sent, in order; without their payload. */
  get recent(): readonly Message[] {
    const last = this.times[(this.added - 1) % MOST_FRAMES] ?? 0;
    const messages: Message[] = [];
    for (let count = Math.max(0, this.added - MOST_FRAMES); count < this.added; count += 1) {
      const at = count % MOST_FRAMES;
      if ((this.times[at] ?? 0) < last - RECENT_MS) continue;
      const messageId = readUuid(this.ids, at * UUID_BYTES);
      messages.push(newMessage('output_stream_data', { messageId, sequenceNumber: this.sequenceNumbers[at] ?? 0 }));
    }
    return messages;
  }
}
