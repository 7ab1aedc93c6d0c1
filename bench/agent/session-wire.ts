import { decodeMessage, encodeMessage, Flags, newMessage, PayloadType } from '../../src/session/message';
import { acknowledge } from '../../src/session/payload';
import { isAcknowledgement } from './acknowledgement';
import type { Link } from './link';
import type { Wire } from './wire';

/**
 * The agent's side of a data channel on a line that loses nothing: it numbers, counts acknowledgements and acknowledges
 * every frame at once, but never sends again.
 */
export class SessionWire implements Wire {
  onInput: (payload: Buffer) => void = () => undefined;
  onAcknowledged: () => void = () => undefined;
  private made = 0;
  private sent = 0;
  private acknowledged = 0;
  private expected = 0;

  constructor(private readonly link: Link) {
    link.onFrame = (frame) => {
      this.receive(frame);
    };
  }

  get unacknowledged(): number {
    return this.sent - this.acknowledged;
  }

  frame(payload: Buffer): Buffer {
    const sequenceNumber = this.made++;
    const flags = sequenceNumber === 0 ? Flags.Syn : Flags.Data;
    return encodeMessage(
      newMessage('output_stream_data', { sequenceNumber, flags, payloadType: PayloadType.Output, payload }),
    );
  }

  send(frame: Buffer): void {
    this.sent += 1;
    this.link.send(frame);
  }

  private receive(frame: Buffer): void {
    if (isAcknowledgement(frame)) {
      this.acknowledged += 1;
      this.onAcknowledged();
      return;
    }
    const message = decodeMessage(frame);
    if (message.messageType !== 'input_stream_data') return;
    this.link.send(encodeMessage(acknowledge(message)));
    if (message.sequenceNumber !== this.expected) return; // a copy, since the line keeps the order
    this.expected += 1;
    if (message.payloadType === PayloadType.Output) this.onInput(message.payload);
  }
}
