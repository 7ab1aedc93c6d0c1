import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { REAL_MANNERS, type ResumeFailure, type SessionFaults } from './agent/faults';
import type { SessionType } from './agent/order';
import { ownAddresses } from './agent/port/addresses';
import type { Address } from './agent/port/connection';
import { TIMED_OUT } from './agent/service-messages';
import { ServiceSession } from './agent/service-session';
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
  /** Where a Port session leads. @default what a container knows of `parameters.host` by itself */
  readonly addresses?: readonly Address[];
  /** The session is encrypted with a data key of this KMS key. @default none, or that of the faults */
  readonly kmsKeyId?: string | undefined;
  /** What the session's id begins with, such as `ecs-execute-command`. */
  readonly idPrefix: string;
}

export interface SessionDescription {
  readonly sessionId: string;
  readonly target: string;
  readonly startedAt: Date;
  /** Whether a client is there at the moment. */
  readonly connected: boolean;
}

export interface GatewayOptions {
  /** Of the server that hands upgrades over, such as `ws://127.0.0.1:4566`. */
  readonly streamOrigin: () => string;
  /** Absolute path of a Python 3. */
  readonly python: string;
  /** Where the agent has data keys of encrypted sessions decrypted; without it no session can be encrypted. */
  readonly kmsEndpoint?: () => string;
  /** What is asked of the network acts at once; what is asked of the agent, on sessions that start later. */
  readonly faults?: () => Partial<SessionFaults>;
}

interface OpenSession {
  readonly session: ServiceSession;
  readonly worker: WorkerProcess;
}

const CHANNEL_PATH = /^\/v1\/data-channel\/([^/?]+)/;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/**
 * Plays the service between client and agent: tokens, relaying, `start_publication` and `pause_publication` as the
 * peers come and go, and `channel_closed` at the end, which the agent itself never sends.
 */
export class Gateway {
  private readonly open = new Map<string, OpenSession>();
  /** The sessions that the service has ended because nothing happened in them. */
  private readonly timedOut = new Set<string>();
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
    if (this.faults().refuseConnect) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return true;
    }
    const session = this.open.get(id)?.session;
    if (session === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return true;
    }
    this.server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => undefined); // 'close' follows
      peer.once('message', (data: Buffer, isBinary) => {
        session.admit(peer, isBinary ? '' : data.toString());
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
    addresses = ownAddresses(parameters.host ?? '', Number(parameters.portNumber)),
    kmsKeyId = this.faults().kmsKeyId,
    idPrefix,
  }: StartSessionRequest): SessionTicket {
    const id = `${idPrefix}-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const { target, environment, workingDirectory } = host;
    const session = new ServiceSession({
      id,
      target,
      faults: () => this.faults(),
      onIdle: () => {
        this.timedOut.add(id);
        this.endSession(id, TIMED_OUT);
      },
    });
    const order = {
      sessionId: id,
      target,
      streamUrl: this.streamUrl(id),
      tokenValue: session.agentToken,
      sessionType,
      command,
      parameters,
      addresses,
      environment,
      python: this.options.python,
      faults: this.faults(),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId, kmsEndpoint: this.kmsEndpoint() }),
    };
    const worker = startWorker(order, workingDirectory);
    this.open.set(id, { session, worker });
    void worker.finished.then(({ output }) => {
      this.open.delete(id);
      session.agentEnded(output);
    });
    return this.newTicket(session);
  }

  /** A new token for the same stream; undefined when the session is not there any more, or `resumeFailure` says why. */
  resumeSession(sessionId: string): SessionTicket | undefined {
    const live = this.live(sessionId);
    if (live === undefined || this.resumeFailure(sessionId) !== undefined) return undefined;
    return this.newTicket(live.session);
  }

  /** Why a session cannot be resumed, beside that there is none. */
  resumeFailure(sessionId: string): ResumeFailure | undefined {
    return this.faults().resumeFailure ?? (this.timedOut.has(sessionId) ? 'timedOut' : undefined);
  }

  /** Ends the connection of both, and has the agent kill the command. @returns whether there was such a session */
  terminateSession(sessionId: string): boolean {
    return this.endSession(sessionId, '');
  }

  /** Cuts the client's connection. @returns whether there was one */
  cutClient(sessionId: string): boolean {
    return this.live(sessionId)?.session.cut('client') === true;
  }

  /** Cuts the agent's connection. @returns whether there was one */
  cutAgent(sessionId: string): boolean {
    return this.live(sessionId)?.session.cut('agent') === true;
  }

  /**
   * Makes the client's connection half-open: it hears nothing more, is not read, and is not closed. Another may take
   * its place. @returns whether there was one
   */
  freezeClient(sessionId: string): boolean {
    return this.live(sessionId)?.session.freezeClient() === true;
  }

  /** Tells both peers to pause, and throws away what they send until `resume`. */
  pause(sessionId: string): void {
    this.live(sessionId)?.session.setPaused(true);
  }

  /** Tells both peers to go on. */
  resume(sessionId: string): void {
    this.live(sessionId)?.session.setPaused(false);
  }

  sessions(): readonly SessionDescription[] {
    return [...this.open.values()]
      .filter(({ session }) => !session.closed)
      .map(({ session: { id, target, startedAt, connected } }) => ({ sessionId: id, target, startedAt, connected }));
  }

  /** Ends every session of a target: its task is stopping. */
  async closeTarget(target: string): Promise<void> {
    await Promise.all([...this.open.values()].filter(({ session }) => session.target === target).map(end));
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(end));
    for (const client of this.server.clients) client.terminate();
  }

  private kmsEndpoint(): string {
    if (this.options.kmsEndpoint === undefined) throw new Error('an encrypted session needs a KMS');
    return this.options.kmsEndpoint();
  }

  private faults(): SessionFaults {
    return { ...REAL_MANNERS, ...this.options.faults?.() };
  }

  private endSession(sessionId: string, output: string): boolean {
    const live = this.live(sessionId);
    if (live === undefined) return false;
    if (!live.session.terminateAgent()) live.worker.stop();
    live.session.finish(output);
    return true;
  }

  private live(sessionId: string): OpenSession | undefined {
    const found = this.open.get(sessionId);
    return found?.session.closed === false ? found : undefined;
  }

  private newTicket(session: ServiceSession): SessionTicket {
    return { sessionId: session.id, tokenValue: session.newClientToken(), streamUrl: this.streamUrl(session.id) };
  }

  private streamUrl(id: string): string {
    return `${this.options.streamOrigin()}/v1/data-channel/${id}?role=publish_subscribe`;
  }
}

async function end({ worker }: OpenSession): Promise<void> {
  worker.stop();
  await worker.finished;
}
