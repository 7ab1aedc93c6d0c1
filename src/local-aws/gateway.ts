import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeMessage, Flags, type Message, newMessage } from '../session/message';
import { REAL_MANNERS, type SessionFaults } from './agent/faults';
import type { WorkerOrder, WorkerReport } from './agent/worker';

export interface SessionTicket {
  readonly sessionId: string;
  readonly tokenValue: string;
  readonly streamUrl: string;
}

/** What the agent needs to know of the container in which a session runs. */
export interface AgentHost {
  /** `ecs:<cluster>_<task id>_<runtime id>` */
  readonly target: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
}

export interface StartSessionRequest {
  readonly host: AgentHost;
  /** The command line, unsplit. */
  readonly command: string;
  /** What the session's id begins with, such as `ecs-execute-command`. */
  readonly idPrefix: string;
}

export interface GatewayOptions {
  /** Of the server that hands upgrades over, such as `ws://127.0.0.1:4566`. */
  readonly streamOrigin: () => string;
  /** Absolute path of a Python 3. */
  readonly python: string;
  readonly faults?: () => Partial<SessionFaults>;
}

interface OpenSession {
  readonly id: string;
  readonly host: AgentHost;
  readonly startedAt: Date;
  readonly worker: ChildProcess;
  readonly agentToken: string;
  readonly relayDelayMs: number;
  /** Valid once. */
  clientToken: string | undefined;
  client: WebSocket | undefined;
  agent: WebSocket | undefined;
}

const CHANNEL_PATH = /^\/v1\/data-channel\/([^/?]+)/;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Bytes on their way to a slow client; above it the agent is not read. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** How long a client may take to leave after channel_closed. */
const LEAVE_TIMEOUT_MS = 5000;

/**
 * Plays the service between client and agent: tokens, relaying, `start_publication` and `pause_publication` as the
 * peers come and go, and `channel_closed` at the end, which the agent itself never sends. Frames for an absent peer
 * are thrown away: resending is the peers' work.
 */
export class Gateway {
  private readonly open = new Map<string, OpenSession>();
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });

  constructor(private readonly options: GatewayOptions) {}

  /** @returns whether the upgrade was for a data channel, and has been taken */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const id = CHANNEL_PATH.exec(request.url ?? '')?.[1];
    if (id === undefined) return false;
    const session = this.open.get(decodeURIComponent(id));
    if (session === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return true;
    }
    this.server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => undefined); // 'close' follows
      peer.once('message', (data: Buffer, isBinary) => {
        this.admit(session, peer, isBinary ? '' : data.toString());
      });
    });
    return true;
  }

  /** Starts a session worker in the container; it connects by itself. */
  startSession({ host, command, idPrefix }: StartSessionRequest): SessionTicket {
    const id = `${idPrefix}-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const faults = { ...REAL_MANNERS, ...this.options.faults?.() };
    const agentToken = newToken();
    const worker = fork(join(__dirname, 'agent', 'worker.ts'), [], {
      cwd: host.workingDirectory,
      env: host.environment,
      execArgv: ['--import', TSX],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const session: OpenSession = {
      id,
      host,
      startedAt: new Date(),
      worker,
      agentToken,
      relayDelayMs: faults.relayDelayMs,
      clientToken: undefined,
      client: undefined,
      agent: undefined,
    };
    this.open.set(id, session);
    let output = '';
    worker.once('message', (report: WorkerReport) => (output = report.output));
    worker.once('exit', () => {
      this.finish(session, output);
    });
    const order: WorkerOrder = {
      sessionId: id,
      target: host.target,
      streamUrl: this.streamUrl(id),
      tokenValue: agentToken,
      command,
      python: this.options.python,
      faults,
    };
    worker.send(order);
    return this.newTicket(session);
  }

  /** A new token for the same stream; undefined when the session is not there any more. */
  resumeSession(sessionId: string): SessionTicket | undefined {
    const session = this.open.get(sessionId);
    return session === undefined ? undefined : this.newTicket(session);
  }

  /** Tells the agent to kill the command. @returns whether there was such a session */
  terminateSession(sessionId: string): boolean {
    const session = this.open.get(sessionId);
    if (session === undefined) return false;
    if (session.agent === undefined) session.worker.kill('SIGTERM');
    else send(session.agent, channelClosed(session, ''));
    return true;
  }

  sessions(): readonly { readonly sessionId: string; readonly target: string; readonly startedAt: Date }[] {
    return [...this.open.values()].map(({ id, host, startedAt }) => ({
      sessionId: id,
      target: host.target,
      startedAt,
    }));
  }

  /** Ends every session of a target: its task is stopping. */
  async closeTarget(target: string): Promise<void> {
    await Promise.all([...this.open.values()].filter(({ host }) => host.target === target).map(end));
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(end));
    for (const client of this.server.clients) client.terminate();
  }

  private admit(session: OpenSession, peer: WebSocket, text: string): void {
    const token = tokenOf(text);
    if (token === session.agentToken) this.admitAgent(session, peer);
    else if (token !== undefined && token === session.clientToken) this.admitClient(session, peer);
    else peer.close(1008, 'invalid token');
  }

  private admitClient(session: OpenSession, client: WebSocket): void {
    session.clientToken = undefined;
    session.client?.terminate();
    session.client = client;
    client.on('close', () => {
      if (session.client !== client) return;
      session.client = undefined;
      if (session.agent !== undefined) send(session.agent, newMessage('pause_publication'));
    });
    relay(client, () => session.agent, session.relayDelayMs);
    this.publish(session);
  }

  private admitAgent(session: OpenSession, agent: WebSocket): void {
    session.agent?.terminate();
    session.agent = agent;
    agent.on('close', () => {
      if (session.agent !== agent) return;
      session.agent = undefined;
      if (session.client !== undefined) send(session.client, newMessage('pause_publication'));
    });
    relay(agent, () => session.client, session.relayDelayMs);
    this.publish(session);
  }

  /** Says to both whether they can reach each other. */
  private publish({ client, agent }: OpenSession): void {
    const type = client !== undefined && agent !== undefined ? 'start_publication' : 'pause_publication';
    for (const peer of [client, agent]) if (peer !== undefined) send(peer, newMessage(type));
  }

  private finish(session: OpenSession, output: string): void {
    this.open.delete(session.id);
    const { client, relayDelayMs } = session;
    session.agent?.terminate();
    if (client === undefined) return;
    // Behind the last frames, which are still on their way.
    setTimeout(() => {
      send(client, channelClosed(session, output));
      setTimeout(() => {
        client.terminate();
      }, LEAVE_TIMEOUT_MS).unref();
    }, relayDelayMs + 1);
  }

  private newTicket(session: OpenSession): SessionTicket {
    session.clientToken = newToken();
    return { sessionId: session.id, tokenValue: session.clientToken, streamUrl: this.streamUrl(session.id) };
  }

  private streamUrl(id: string): string {
    return `${this.options.streamOrigin()}/v1/data-channel/${id}?role=publish_subscribe`;
  }
}

const TSX = require.resolve('tsx');
const AGENT_STATE = 'agent_session_state';

function newToken(): string {
  return randomBytes(48).toString('base64');
}

function tokenOf(text: string): string | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    const token = typeof frame === 'object' && frame !== null && 'TokenValue' in frame ? frame.TokenValue : undefined;
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined; // no JSON, so no token
  }
}

/** Passes binary frames on as they are, after a delay that keeps their order. */
function relay(from: WebSocket, to: () => WebSocket | undefined, delayMs: number): void {
  from.on('message', (data: Buffer, isBinary) => {
    if (!isBinary || data.toString('latin1', 4, 36).startsWith(AGENT_STATE)) return;
    setTimeout(() => {
      const peer = to();
      if (peer?.readyState !== WebSocket.OPEN) return;
      peer.send(data, () => {
        if (from.isPaused && peer.bufferedAmount <= MAX_WAITING_BYTES) from.resume();
      });
      if (peer.bufferedAmount > MAX_WAITING_BYTES) from.pause();
    }, delayMs);
  });
}

function channelClosed({ id, host }: OpenSession, output: string): Message {
  const payload = JSON.stringify({
    MessageType: 'channel_closed',
    MessageId: randomUUID(),
    DestinationId: host.target,
    SessionId: id,
    SchemaVersion: 1,
    CreatedDate: new Date().toISOString(),
    Output: output,
  });
  return newMessage('channel_closed', { flags: Flags.Acknowledge, payload: Buffer.from(payload) });
}

function send(peer: WebSocket, message: Message): void {
  if (peer.readyState === WebSocket.OPEN) peer.send(encodeMessage(message));
}

async function end({ worker }: OpenSession): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGTERM');
  await exited;
}
