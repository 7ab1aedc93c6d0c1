import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type ResumeFailure, type SessionFaults, settleFaults } from './agent/faults';
import { AGENT_TOKEN_HEADER, type SessionType } from './agent/order';
import { ownAddresses } from './agent/port/addresses';
import type { Address } from './agent/port/connection';
import { TIMED_OUT } from './agent/service-messages';
import type { KmsAccess } from './agent/kms';
import { SeededRandom } from './agent/seeded-random';
import { ServiceSession } from './agent/service-session';
import { startWorker, type WorkerProcess } from './agent/worker-process';
import { AwsError } from './aws-api';
import { type ChannelUrl, channelUrl, newCellNumber, readChannelUrl } from './channel-url';
import { forbidUpgrade, refuseUpgrade } from './upgrade-refusal';

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
  /** In which the session is started, and for which its channels are signed. @default 'us-east-1' */
  readonly region?: string;
}

/** A client asks for the data channel of a session. */
export interface ChannelRequest {
  readonly sessionId: string;
  readonly region: string;
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
  readonly kms?: () => KmsAccess;
  /** What is asked of the network acts at once; what is asked of the agent, on sessions that start later. */
  readonly faults?: () => Partial<SessionFaults>;
  /** Throws an AwsError for a client that may not have its channel. @default nothing is demanded of clients */
  readonly authorize?: (request: IncomingMessage, channel: ChannelRequest) => Promise<void>;
}

interface OpenSession {
  readonly session: ServiceSession;
  readonly worker: WorkerProcess;
  readonly region: string;
  /** Of the newest ticket. */
  cellNumber: string;
}

const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/**
 * Plays the service between client and agent: tokens, relaying, `start_publication` and `pause_publication` as the
 * peers come and go, and `channel_closed` at the end, which the agent itself never sends.
 */
export class Gateway {
  private readonly open = new Map<string, OpenSession>();
  /** The sessions that the service has ended because nothing happened in them. */
  private readonly timedOut = new Set<string>();
  private readonly random = new SeededRandom();
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });

  constructor(private readonly options: GatewayOptions) {}

  /** @returns whether the upgrade was for a data channel, and has been taken */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const channel = readChannelUrl(request.url ?? '');
    if (channel === undefined) return false;
    socket.on('error', () => undefined); // 'close' follows
    void this.openChannel(channel, request, socket, head);
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
    region = 'us-east-1',
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
      streamUrl: channelUrl(this.options.streamOrigin(), id),
      tokenValue: session.agentToken,
      sessionType,
      command,
      parameters,
      addresses,
      environment,
      python: this.options.python,
      faults: this.faults(),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId, kms: this.kms() }),
    };
    const worker = startWorker(order, workingDirectory);
    const open = { session, worker, region, cellNumber: '' };
    this.open.set(id, open);
    void worker.finished.then(({ output }) => {
      this.open.delete(id);
      session.agentEnded(output);
    });
    return this.newTicket(open);
  }

  /** A new token and a new URL for the same stream, or why there is none. */
  answerResume(sessionId: string): SessionTicket | ResumeFailure {
    const live = this.live(sessionId);
    return this.resumeFailure(sessionId) ?? (live === undefined ? 'unknown' : this.newTicket(live));
  }

  /** The same; undefined when there is none. */
  resumeSession(sessionId: string): SessionTicket | undefined {
    const answer = this.answerResume(sessionId);
    return typeof answer === 'string' ? undefined : answer;
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

  /** Why a session cannot be resumed, beside that there is none. */
  private resumeFailure(sessionId: string): ResumeFailure | undefined {
    const { resumeFailure, resumeFailureRate, seed } = this.faults();
    if (resumeFailureRate > 0) {
      if (this.random.next(seed) < resumeFailureRate) return resumeFailure ?? 'denied';
    } else if (resumeFailure !== undefined) return resumeFailure;
    return this.timedOut.has(sessionId) ? 'timedOut' : undefined;
  }

  private kms(): KmsAccess {
    if (this.options.kms === undefined) throw new Error('an encrypted session needs a KMS');
    return this.options.kms();
  }

  private async openChannel(
    { sessionId, cellNumber }: ChannelUrl,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { refuseConnect, olderService } = this.faults();
    if (refuseConnect) {
      refuseUpgrade(socket, 503);
      return;
    }
    const open = this.open.get(sessionId);
    // The real agent signs with the task role; ours has a secret of its own, and nothing else is demanded of it.
    const isAgent = open?.session.isAgent(request.headers[AGENT_TOKEN_HEADER]) === true;
    const isDemanding = !isAgent && !olderService;
    if (open === undefined || (isDemanding && cellNumber !== open.cellNumber)) {
      refuseUpgrade(socket, 404);
      return;
    }
    try {
      if (isDemanding) await this.options.authorize?.(request, { sessionId, region: open.region });
    } catch (error) {
      if (error instanceof AwsError) {
        forbidUpgrade(socket, error);
      } else {
        console.error(error);
        refuseUpgrade(socket, 500);
      }
      return;
    }
    // The session may have ended meanwhile, and this gateway too.
    if (this.open.get(sessionId) !== open) {
      refuseUpgrade(socket, 404);
      return;
    }
    this.server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => undefined); // 'close' follows
      peer.once('message', (data: Buffer, isBinary) => {
        open.session.admit(peer, isBinary ? '' : data.toString(), isAgent ? 'agent' : 'client');
      });
    });
  }

  private faults(): SessionFaults {
    return settleFaults(this.options.faults?.() ?? {});
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

  private newTicket(open: OpenSession): SessionTicket {
    const { id } = open.session;
    open.cellNumber = newCellNumber();
    const streamUrl = channelUrl(this.options.streamOrigin(), id, open.cellNumber);
    return { sessionId: id, tokenValue: open.session.newClientToken(), streamUrl };
  }
}

async function end({ worker }: OpenSession): Promise<void> {
  worker.stop();
  await worker.finished;
}
