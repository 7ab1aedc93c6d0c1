import { setTimeout as sleep } from 'node:timers/promises';
import { ProtocolError } from '../../errors';
import { Flags, type Message, newMessage } from '../../session/message';
import { AgentChannel } from './agent-channel';
import { AgentSocket } from './agent-socket';
import { Encryption } from './encryption';
import { EncryptionHandshake } from './encryption-handshake';
import { ExecutedCommand } from './executed-command';
import { Handshake, HandshakeError } from './handshake';
import type { WorkerOrder, WorkerReport } from './order';
import { Port } from './port/port';
import { failed, type Program, type ProgramEnd } from './program';
import { Shell } from './shell';

const RESEND_INTERVAL_MS = 100;
const LAST_ACKNOWLEDGEMENTS_MS = 2000;
const LAST_ACKNOWLEDGEMENTS_POLL_MS = 10;

/** One session, in a process of its own inside the container, as amazon-ssm-agent's `ssm-session-worker`. */
class SessionWorker {
  private stopping = false;
  private readonly program: Program;
  private readonly handshake: Handshake | undefined;
  private readonly channel: AgentChannel;
  private readonly socket: AgentSocket;
  private opened: () => void = () => undefined;

  constructor(private readonly order: WorkerOrder) {
    // The agent encrypts no Port session, whatever key there is: `sessionplugin.go`, isEncryptionEnabled.
    const isEncrypted = order.kmsKeyId !== undefined && order.sessionType !== 'Port';
    const encryption = isEncrypted ? new Encryption() : undefined;
    this.handshake = newHandshake(order, encryption);
    this.program = newProgram(order, () => this.handshake?.clientVersion ?? '');
    this.channel = new AgentChannel({
      transmit: (message) => {
        this.socket.send(message);
      },
      takeInput: async (received) => {
        const message = encryption?.decode(received) ?? received;
        return this.handshake?.takes(message) === true || this.program.takeInput(message);
      },
      ...(encryption === undefined
        ? {}
        : { encode: (payloadType: number, payload: Buffer) => encryption.encode(payloadType, payload) }),
      untilWritable: () => this.socket.untilWritable(),
    });
    this.socket = new AgentSocket({
      order,
      onOpen: () => {
        this.channel.reconnected();
        this.opened();
      },
      onMessage: (message) => this.receive(message),
    });
  }

  async run(): Promise<WorkerReport> {
    await new Promise<void>((resolve) => {
      this.opened = resolve;
      this.socket.connect();
    });
    this.sayState('Connected');
    const resends = setInterval(() => {
      this.channel.resend(Date.now());
    }, RESEND_INTERVAL_MS);
    const { orderly, output } = await this.runProgram();
    await this.lastAcknowledgements();
    if (orderly) this.sayState('Terminating');
    await this.program.exited;
    clearInterval(resends);
    await this.socket.end();
    return { output };
  }

  stop(): void {
    this.stopping = true;
    this.handshake?.cancel();
    this.program.kill();
  }

  private async runProgram(): Promise<ProgramEnd> {
    try {
      await this.handshake?.perform(this.channel);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      return failed(`Encountered error while initiating handshake. ${error.message}`);
    }
    return this.program.run(this.channel);
  }

  private async receive(message: Message): Promise<void> {
    // It waits its turn: behind input that the command does not read, the session cannot even be terminated.
    if (message.messageType === 'channel_closed') {
      this.stop();
      return;
    }
    try {
      await this.channel.receive(message, Date.now());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // the agent logs it and does not acknowledge
    }
  }

  private async lastAcknowledgements(): Promise<void> {
    const deadline = Date.now() + LAST_ACKNOWLEDGEMENTS_MS;
    while (!this.stopping && !this.channel.allAcknowledged && Date.now() < deadline) {
      await sleep(LAST_ACKNOWLEDGEMENTS_POLL_MS);
    }
  }

  private sayState(state: 'Connected' | 'Terminating'): void {
    const payload = JSON.stringify({ SchemaVersion: 1, SessionState: state, SessionId: this.order.sessionId });
    this.socket.send(newMessage('agent_session_state', { flags: Flags.Acknowledge, payload: Buffer.from(payload) }));
  }
}

/** A plain session with a terminal has none. */
function newHandshake(order: WorkerOrder, encryption: Encryption | undefined): Handshake | undefined {
  const { sessionType, parameters, sessionId, target, environment, kmsKeyId: keyId, kms } = order;
  const about = { sessionType, parameters, agentVersion: order.faults.agentVersion };
  if (encryption === undefined || keyId === undefined || kms === undefined) {
    return sessionType === 'NonInteractiveCommands' || sessionType === 'Port' ? new Handshake(about) : undefined;
  }
  const region = environment.AWS_REGION ?? 'us-east-1';
  return new Handshake(about, new EncryptionHandshake({ sessionId, target, keyId, kms, region, encryption }));
}

function newProgram(order: WorkerOrder, clientVersion: () => string): Program {
  const { sessionType, command, parameters, environment, addresses, python, faults } = order;
  const container = { environment, workingDirectory: process.cwd() };
  switch (sessionType) {
    case 'InteractiveCommands':
      return new Shell({ ...container, command, python, faults });
    case 'Standard_Stream':
      return new Shell({ ...container, command: undefined, python, faults });
    case 'NonInteractiveCommands':
      return new ExecutedCommand({
        ...container,
        command,
        faults,
        separate: parameters.separateOutputStream === 'true',
      });
    case 'Port':
      return new Port({ properties: parameters, addresses, faults, clientVersion });
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
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGQUIT'] as const) {
    process.once(signal, () => {
      worker.stop();
    });
  }
  void worker.run().then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});
