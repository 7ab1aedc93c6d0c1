import type { Link } from './link';

/** How payloads travel over a link. */
export interface Wire {
  onInput: (payload: Buffer) => void;
  onAcknowledged: () => void;
  /** Frames sent that the client has not acknowledged. */
  readonly unacknowledged: number;
  /** Makes the next frame, ahead of its time, so that the making does not slow the sending. */
  frame(payload: Buffer): Buffer;
  /** Sends frames in the order in which they were made. */
  send(frame: Buffer): void;
}

/** Payloads as they are, and nothing else. */
export class BareWire implements Wire {
  onInput: (payload: Buffer) => void = () => undefined;
  onAcknowledged: () => void = () => undefined;
  readonly unacknowledged = 0;

  constructor(private readonly link: Link) {
    link.onFrame = (payload) => {
      this.onInput(payload);
    };
  }

  frame(payload: Buffer): Buffer {
    return payload;
  }

  send(frame: Buffer): void {
    this.link.send(frame);
  }
}
