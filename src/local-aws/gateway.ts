import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeMessage, type Message, newMessage } from '../session/message';
import { REAL_MANNERS, type SessionFaults } from './agent/faults';
import type { SessionType } from './agent/order';
import { relay } from './agent/relay';
import { channelClosed, tokenOf } from './agent/service-messages';
import { startWorker, type WorkerProcess } from './agent/worker-process';

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
  /** @default 'InteractiveCommands', as of ECS Exec */
  readonly sessionType?: SessionType;
  /** The command line, unsplit; Standard_Stream has none. */
  readonly command?: string;
  readonly parameters?: Readonly<Record<string, string>>;
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
  readonly target: string;
  readonly startedAt: Date;
  readonly worker: WorkerProcess;
  readonly agentToken: string;
  readonly relayDelayMs: number;
  /** Valid once. */
  clientToken: string | undefined;
  client: WebSocket | undefined;
  agent: WebSocket | undefined;
  /** The client has been told of the end; the agent may still be at its own. */
  closed: boolean;
}

const CHANNEL_PATH = /^\/v1\/data-channel\/([^/?]+)/;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** How long a client may take to leave after channel_closed. */
const LEAVE_TIMEOUT_MS = 5000;

/**
 * Plays the service between client and agent: tokens, relaying, `start_publication` and `pause_publication` as the
 * peers come and go, and `channel_closed` at the end, which the agent itself never sends.
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
    const session = this.open.get(id);
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
  startSession({
    host,
    sessionType = 'InteractiveCommands',
    command = '',
    parameters = {},
    idPrefix,
  }: StartSessionRequest): SessionTicket {
    if (sessionType === 'Port') throw new Error('Port sessions are not made by the local AWS');
    const id = `${idPrefix}-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const agentToken = newToken();
    const faults = { ...REAL_MANNERS, ...this.options.faults?.() };
    const order = {
      sessionId: id,
      target: host.target,
      streamUrl: this.streamUrl(id),
      tokenValue: agentToken,
      sessionType,
      command,
      parameters,
      environment: host.environment,
      python: this.options.python,
      faults,
    };
    const session: OpenSession = {
      id,
      target: host.target,
      startedAt: new Date(),
      worker: startWorker(order, host.workingDirectory),
      agentToken,
      relayDelayMs: faults.relayDelayMs,
      clientToken: undefined,
      client: undefined,
      agent: undefined,
      closed: false,
    };
    this.open.set(id, session);
    void session.worker.finished.then(({ output }) => {
      this.open.delete(id);
      this.finish(session, output);
    });
    return this.newTicket(session);
  }

  /** A new token for the same stream; undefined when the session is not there any more. */
  resumeSession(sessionId: string): SessionTicket | undefined {
    const session = this.live(sessionId);
    return session === undefined ? undefined : this.newTicket(session);
  }

  /** Ends the connection of both, and has the agent kill the command. @returns whether there was such a session */
  terminateSession(sessionId: string): boolean {
    const session = this.live(sessionId);
    if (session === undefined) return false;
    if (session.agent === undefined) session.worker.stop();
    else send(session.agent, channelClosed(session, ''));
    this.finish(session, '');
    return true;
  }

  sessions(): readonly {
    readonly sessionId: string;
    readonly target: string;
    readonly startedAt: Date;
    readonly connected: boolean;
  }[] {
    return [...this.open.values()]
      .filter(({ closed }) => !closed)
      .map(({ id, target, startedAt, client }) => ({
        sessionId: id,
        target,
        startedAt,
        connected: client !== undefined,
      }));
  }

  /** Ends every session of a target: its task is stopping. */
  async closeTarget(target: string): Promise<void> {
    await Promise.all([...this.open.values()].filter((session) => session.target === target).map(end));
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(end));
    for (const client of this.server.clients) client.terminate();
  }

  private live(sessionId: string): OpenSession | undefined {
    const session = this.open.get(sessionId);
    return session?.closed === false ? session : undefined;
  }

  private admit(session: OpenSession, peer: WebSocket, text: string): void {
    const token = tokenOf(text);
    if (token === session.agentToken) {
      this.join(session, peer, 'agent', 'client');
    } else if (token !== undefined && token === session.clientToken && !session.closed) {
      session.clientToken = undefined;
      this.join(session, peer, 'client', 'agent');
    } else {
      peer.close(1008, 'invalid token');
    }
  }

  private join(session: OpenSession, peer: WebSocket, role: 'agent' | 'client', other: 'agent' | 'client'): void {
    session[role]?.terminate();
    session[role] = peer;
    peer.on('close', () => {
      if (session[role] !== peer) return;
      session[role] = undefined;
      if (session[other] !== undefined) send(session[other], newMessage('pause_publication'));
    });
    relay(peer, () => session[other], session.relayDelayMs);
    const both = session.client !== undefined && session.agent !== undefined;
    const publication = newMessage(both ? 'start_publication' : 'pause_publication');
    for (const one of [session.client, session.agent]) if (one !== undefined) send(one, publication);
  }

  /** Tells the client of the end, once. */
  private finish(session: OpenSession, output: string): void {
    const { client, closed, relayDelayMs } = session;
    session.closed = true;
    if (client === undefined || closed) return;
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

function newToken(): string {
  return randomBytes(48).toString('base64');
}

function send(peer: WebSocket, message: Message): void {
  if (peer.readyState === WebSocket.OPEN) peer.send(encodeMessage(message));
}

async function end({ worker }: OpenSession): Promise<void> {
  worker.stop();
  await worker.finished;
}
