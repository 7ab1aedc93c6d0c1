import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { decodeMessage, encodeMessage, Flags, type Message, newMessage } from '../../session/message';
import { AgentChannel } from './agent-channel';
import type { SessionFaults } from './faults';
import { Shell } from './shell';

/** What the gateway, in the place of the agent's control channel, tells a new session worker. */
export interface WorkerOrder {
  readonly sessionId: string;
  readonly target: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
  readonly command: string;
  readonly python: string;
  readonly faults: SessionFaults;
}

/** And what the worker tells at its end, as `agent_task_complete` does. */
export interface WorkerReport {
  readonly output: string;
}

const RESEND_INTERVAL_MS = 100;
const RECONNECT_PAUSE_MS = 10;
/** Frames that wait while the terminal takes no input; above it the socket is not read. */
const MAX_WAITING_MESSAGES = 64;

/** One session, in a process of its own inside the container, as amazon-ssm-agent's `ssm-session-worker`. */
class SessionWorker {
  private socket: WebSocket | undefined;
  private readonly waiting: Message[] = [];
  private busy = false;
  private over = false;
  private readonly shell: Shell;
  private readonly channel: AgentChannel;

  constructor(private readonly order: WorkerOrder) {
    this.shell = new Shell({
      command: order.command,
      python: order.python,
      faults: order.faults,
      environment: process.env,
      workingDirectory: process.cwd(),
    });
    this.channel = new AgentChannel({
      transmit: (message) => {
        this.transmit(message);
      },
      takeInput: (message) => this.shell.takeInput(message),
    });
  }

  async run(): Promise<WorkerReport> {
    this.connect();
    const resends = setInterval(() => {
      this.channel.resend(Date.now());
    }, RESEND_INTERVAL_MS);
    const output = await this.shell.run(this.channel);
    clearInterval(resends);
    this.sayState('Terminating');
    this.over = true;
    this.socket?.terminate(); // the agent closes without a close frame
    return { output };
  }

  stop(): void {
    this.shell.kill();
  }

  private connect(): void {
    const socket = new WebSocket(this.order.streamUrl, { perMessageDeflate: false });
    this.socket = socket;
    socket.on('open', () => {
      socket.send(
        JSON.stringify({
          MessageSchemaVersion: '1.0',
          RequestId: randomUUID(),
          TokenValue: this.order.tokenValue,
          ClientInstanceId: this.order.target,
          ClientId: randomUUID(),
        }),
      );
      this.sayState('Connected');
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.receive(socket, decodeMessage(data));
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      if (!this.over) {
        setTimeout(() => {
          this.connect();
        }, RECONNECT_PAUSE_MS);
      }
    });
  }

  /** One message after the other: while the terminal takes no input, everything behind it waits, as in the agent. */
  private receive(socket: WebSocket, message: Message): void {
    this.waiting.push(message);
    if (this.waiting.length > MAX_WAITING_MESSAGES) socket.pause();
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      if (this.socket?.isPaused === true && this.waiting.length < MAX_WAITING_MESSAGES / 2) this.socket.resume();
      if (next.messageType === 'channel_closed') this.stop();
      else await this.channel.receive(next, Date.now());
    }
    this.busy = false;
  }

  private transmit(message: Message): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(encodeMessage(message));
  }

  private sayState(state: 'Connected' | 'Terminating'): void {
    const payload = JSON.stringify({ SchemaVersion: 1, SessionState: state, SessionId: this.order.sessionId });
    this.transmit(newMessage('agent_session_state', { flags: Flags.Acknowledge, payload: Buffer.from(payload) }));
  }
}

// Leases and people look for the real worker's name; Linux shows 15 characters of it.
process.title = 'ssm-session-worker';

process.once('message', (order: WorkerOrder) => {
  process.title = `ssm-session-worker ${order.sessionId}`;
  const worker = new SessionWorker(order);
  // Without the gateway there is no session, and nobody to end the command.
  process.once('disconnect', () => {
    worker.stop();
    process.exit(0);
  });
  process.once('SIGTERM', () => {
    worker.stop();
  });
  void worker.run().then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});
