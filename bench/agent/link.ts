import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { DelayLine } from './delay-line';

/** Bytes that the kernel has not taken yet; above it the sender waits. */
const MAX_WAITING_BYTES = 256 * 1024;

/** A client's websocket behind a long line: what comes and what goes takes its time. */
export class Link {
  onFrame: (frame: Buffer) => void = () => undefined;
  /** The socket has taken something. */
  onTaken: () => void = () => undefined;
  onClose: () => void = () => undefined;
  private readonly incoming: DelayLine<Buffer>;
  private readonly outgoing: DelayLine<Buffer>;
  private corked = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly tcp: Duplex,
    delayMs: number,
  ) {
    this.incoming = new DelayLine(delayMs, (frame) => {
      this.onFrame(frame);
    });
    this.outgoing = new DelayLine(delayMs, (frame) => {
      this.transmit(frame);
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.incoming.push(data); // the text is the opening with its token
    });
    socket.on('close', () => {
      this.incoming.clear();
      this.outgoing.clear();
      this.onTaken();
      this.onClose();
    });
    socket.on('error', () => undefined); // 'close' follows
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get takesMore(): boolean {
    return this.socket.bufferedAmount < MAX_WAITING_BYTES;
  }

  send(frame: Buffer): void {
    this.outgoing.push(frame);
  }

  /** Reads no more until `release`: the other side waits. */
  hold(): void {
    this.socket.pause();
  }

  release(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.terminate();
  }

  private transmit(frame: Buffer): void {
    if (!this.isOpen) return;
    // What is sent in one turn is one write, so that the agent costs less than the client it measures.
    if (!this.corked) {
      this.corked = true;
      this.tcp.cork();
      process.nextTick(() => {
        this.corked = false;
        this.tcp.uncork();
      });
    }
    this.socket.send(frame, () => {
      this.onTaken();
    });
  }
}
