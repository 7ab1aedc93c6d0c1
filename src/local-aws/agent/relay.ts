import { WebSocket } from 'ws';
import { Disturbance } from './disturbance';
import type { SessionFaults } from './faults';
import { Line } from './line';

/** Bytes on their way to a slow peer; above it the other is not read. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** The same where the network is slow, so that what is read now does not arrive in a minute. */
const MAX_WAITING_BYTES_SLOW = 64 * 1024;
/** The longest wait for a slow network, after which it may have become a quick one. */
const MAX_SLOW_WAIT_MS = 50;
/** How long a frame that is to arrive late waits for one to overtake it. */
const MAX_HOLD_MS = 50;
/** What the agent says to the service, and not to the client. */
const AGENT_STATE = 'agent_session_state';
const DATA_TYPE = /^(in|out)put_stream_data/;
const SEQUENCE_NUMBER_OFFSET = 48;
const HEADER_BYTES = 120;

export interface RelayOptions {
  /** Asked again for each frame, so that a change acts on sessions that run. */
  readonly faults: () => SessionFaults;
  /** Sets the two directions apart. */
  readonly direction: 0 | 1;
  /** The peer that may be written to at the moment. */
  readonly to: () => WebSocket | undefined;
  /** How much the network lets through; 0 is no limit. @default none */
  readonly bytesPerSecond?: () => number;
  /** Hears of each peer's frame that has been passed on. */
  readonly passed?: (bytes: number) => void;
}

interface Underway {
  readonly arrivesAt: number;
  readonly frame: Buffer;
  readonly sent: () => void;
  readonly to: WebSocket | undefined;
}

/**
 * One direction of a session. Binary frames are passed on as they are, after a delay, with the faults of a network.
 * Frames for an absent peer are thrown away: resending is the peers' work.
 */
export class Relay {
  /** When the last data frame came that was none sent again; by the clock of `performance.now`. */
  lastDataAt = performance.now();
  private lastSequenceNumber = -1n;
  private from: WebSocket | undefined;
  private readonly underway: Underway[] = [];
  private underwayBytes = 0;
  private readonly line = new Line();
  private readonly disturbance: Disturbance;
  private hold: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RelayOptions) {
    this.disturbance = new Disturbance(options.direction);
  }

  /** Passes on what this peer sends, in the place of the one before. */
  readFrom(peer: WebSocket): void {
    this.from = peer;
    peer.on('message', (data: Buffer, isBinary) => {
      const isFrame = isBinary && data.length >= HEADER_BYTES;
      if (isFrame && peer === this.from && !messageType(data).startsWith(AGENT_STATE)) this.take(data);
    });
  }

  /** The peer is heard no more. */
  stopReading(): void {
    this.from?.pause();
    this.from = undefined;
  }

  /**
   * A frame of the service's own, behind those that are underway; no fault meets it.
   * @param to a peer that hears it also while nothing else is passed on
   */
  send(frame: Buffer, sent: () => void, to?: WebSocket): void {
    this.release();
    this.pass(frame, sent, to);
    this.deliver();
  }

  /** To be called when a peer has gone: the other may be held up by what waited for it. */
  regulate(): void {
    if (this.from === undefined) return;
    const waiting = this.underwayBytes + (this.options.to()?.bufferedAmount ?? 0);
    const isSlow = this.bytesPerSecond() > 0;
    if (waiting > (isSlow ? MAX_WAITING_BYTES_SLOW : MAX_WAITING_BYTES)) this.from.pause();
    else if (this.from.isPaused) this.from.resume();
  }

  private take(data: Buffer): void {
    this.noteData(data);
    for (const frame of this.disturbance.take(data, this.options.faults())) this.pass(frame);
    clearTimeout(this.hold);
    if (this.disturbance.holds) {
      this.hold = setTimeout(() => {
        this.release();
        this.deliver();
      }, MAX_HOLD_MS);
    }
    // While it waits for the first of those underway, no other can be due.
    if (this.timer === undefined) this.deliver();
    else this.regulate();
  }

  private release(): void {
    clearTimeout(this.hold);
    for (const frame of this.disturbance.release()) this.pass(frame);
  }

  /** Acknowledgements say nothing new, and neither does what is sent again. */
  private noteData(frame: Buffer): void {
    if (!DATA_TYPE.test(messageType(frame))) return;
    const sequenceNumber = frame.readBigInt64BE(SEQUENCE_NUMBER_OFFSET);
    if (sequenceNumber <= this.lastSequenceNumber) return;
    this.lastSequenceNumber = sequenceNumber;
    this.lastDataAt = performance.now();
  }

  private pass(frame: Buffer, sent = () => this.options.passed?.(frame.length), to?: WebSocket): void {
    this.underway.push({ frame, sent, to, arrivesAt: performance.now() + this.options.faults().relayDelayMs });
    this.underwayBytes += frame.length;
  }

  private deliver(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (let [next] = this.underway; next !== undefined; [next] = this.underway) {
      const now = performance.now();
      const waitMs = Math.max(
        next.arrivesAt - now,
        Math.min(this.line.busyMs(this.bytesPerSecond(), now), MAX_SLOW_WAIT_MS),
      );
      if (waitMs > 0) {
        this.timer = setTimeout(() => {
          this.deliver();
        }, waitMs);
        break;
      }
      this.underway.shift();
      this.underwayBytes -= next.frame.length;
      this.line.give(next.frame.length);
      this.write(next);
    }
    this.regulate();
  }

  private bytesPerSecond(): number {
    return this.options.bytesPerSecond?.() ?? 0;
  }

  private write({ frame, sent, to }: Underway): void {
    const peer = to ?? this.options.to();
    if (peer?.readyState !== WebSocket.OPEN) return;
    peer.send(frame, () => {
      this.regulate();
    });
    sent();
  }
}

function messageType(frame: Buffer): string {
  return frame.toString('latin1', 4, 36);
}
