import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ProtocolError } from '../../errors';
import { decodeMessage, encodeMessage, type Message } from '../../session/message';
import { AGENT_TOKEN_HEADER, type WorkerOrder } from './order';

/** amazon-ssm-agent `agent/session/config/config.go`; its first delay has as much again at random. */
const RECONNECT_ATTEMPTS = 5;
const FIRST_RECONNECT_DELAY_MS = 100;
const PING_INTERVAL_MS = 54_000;
/** Bytes that the kernel has not taken yet: above it the agent's writes block. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Messages that wait while the terminal takes no input: above it the socket is not read. */
const MAX_WAITING_MESSAGES = 64;
const POLL_MS = 2;

export interface AgentSocketOptions {
  readonly order: Pick<WorkerOrder, 'streamUrl' | 'tokenValue' | 'target'>;
  /** After each OpenDataChannel, the first and those that follow a cut. */
  readonly onOpen: () => void;
  /** Settles when the message has been dealt with; the next one waits for that, as in the agent. */
  readonly onMessage: (message: Message) => Promise<void>;
}

/** The agent's websocket: opened anew when it is cut, and read no faster than its messages are dealt with. */
export class AgentSocket {
  private socket: WebSocket | undefined;
  private readonly clientId = randomUUID();
  private readonly waiting: Message[] = [];
  private busy = false;
  private over = false;
  private failures = 0;

  constructor(private readonly options: AgentSocketOptions) {}

  connect(): void {
    const { order, onOpen } = this.options;
    const socket = new WebSocket(order.streamUrl, {
      perMessageDeflate: false,
      headers: { [AGENT_TOKEN_HEADER]: order.tokenValue },
    });
    this.socket = socket;
    const pings = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.ping('keepalive');
    }, PING_INTERVAL_MS);
    socket.on('open', () => {
      this.failures = 0;
      socket.send(
        JSON.stringify({
          MessageSchemaVersion: '1.0',
          RequestId: randomUUID(),
          TokenValue: order.tokenValue,
          ClientInstanceId: order.target,
          ClientId: this.clientId,
        }),
      );
      onOpen();
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.receive(socket, data);
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      clearInterval(pings);
      void this.reconnect();
    });
  }

  /** What cannot be sent is lost: the channel sends it again. */
  send(message: Message): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(encodeMessage(message));
  }

  async untilWritable(): Promise<void> {
    while (this.socket?.readyState === WebSocket.OPEN && this.socket.bufferedAmount > MAX_WAITING_BYTES) {
      await sleep(POLL_MS);
    }
  }

  /** The agent closes without a close frame, but not before what it wrote has left. */
  async end(): Promise<void> {
    this.over = true;
    while (this.socket?.readyState === WebSocket.OPEN && this.socket.bufferedAmount > 0) await sleep(POLL_MS);
    this.socket?.terminate();
  }

  private async reconnect(): Promise<void> {
    this.failures += 1;
    if (this.over || this.failures > RECONNECT_ATTEMPTS) return;
    // The first attempt is made at once.
    if (this.failures > 1) await sleep(FIRST_RECONNECT_DELAY_MS * (1 + Math.random()) * 2 ** (this.failures - 2));
    if (!this.isOver()) this.connect();
  }

  private isOver(): boolean {
    return this.over;
  }

  private receive(socket: WebSocket, data: Buffer): void {
    try {
      this.waiting.push(decodeMessage(data));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return; // the agent logs it and reads on
    }
    if (this.waiting.length > MAX_WAITING_MESSAGES) socket.pause();
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      if (this.socket?.isPaused === true && this.waiting.length < MAX_WAITING_MESSAGES / 2) this.socket.resume();
      await this.options.onMessage(next);
    }
    this.busy = false;
  }
}
