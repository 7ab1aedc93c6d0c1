import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Offer } from '../session/channel';
import { PortFlag } from '../session/payload';
import {
  Session,
  SessionLostError,
  type SessionOptions,
  SessionRefusedError,
  type SessionTicket,
} from '../session/session';
import { hasStreams, keepAliveMs, takesTermination } from './agent-version';
import { DestinationError, type PortParameters, readParameters } from './port-parameters';
import { SingleConnection } from './single-connection';
import { SmuxClient } from './smux/client';

export { DestinationError, type PortParameters } from './port-parameters';

/** Makes connections to the destination: one for many streams, or one at a time. */
interface Connector {
  connect(): Promise<Duplex>;
  /** Destroys the connections. */
  close(reason?: Error): void;
}

const LOCAL_PORT_FORWARDING = 'LocalPortForwarding';
/** An agent that is there asks at once. */
const HANDSHAKE_LIMIT_MS = 60_000;
/** How long the end waits for the agent to hear of it. */
const TERMINATION_LIMIT_MS = 1_000;
/**
 * At the FIN of a stream the agent closes its connection to the destination, both ways (amazon-ssm-agent
 * `agent/session/plugins/port/port_mux.go`), and an answer under way is lost. So whoever only ends his own half is
 * told on when the answer pauses for this long. Much longer would keep alive what a killed client has left, such as a
 * transaction and its locks.
 */
const FIN_AFTER_QUIET_MS = 2_000;

export interface PortSessionOptions extends Omit<SessionOptions, 'accept'> {
  /**
   * A NOP is sent when nothing has gone either way for so long, in ms: the service ends a session in which nothing
   * happens for 20 minutes. There is none without smux. @default never
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * Asks the service to end the session, when it is left and the agent could not be told: it must not fail. Without it
   * the service ends such a session when it has been idle for 20 minutes.
   */
  readonly endRemotely?: (() => Promise<unknown>) | undefined;
}

/**
 * A session to one port of one host: as many connections as wanted, over one data channel that is resumed like any
 * session's. An agent without smux (before 3.0.197) has one connection at a time, and the next waits.
 */
export class PortSession implements AsyncDisposable {
  readonly parameters: PortParameters;
  /** Whether the agent takes more than one connection at a time. */
  readonly hasStreams: boolean;
  /** As `Session.closed`; it rejects too when what the agent sends makes no sense. */
  readonly closed: Promise<void>;
  private readonly agentVersion: string;
  private readonly connector: Connector;
  /** Streams that the agent could not connect, and whose end is on its way. */
  private refusals = 0;
  private termination: Promise<boolean> | undefined;
  private fail: (error: SessionLostError) => void = () => undefined;
  private ended = false;

  private constructor(
    private readonly session: Session,
    { agentVersion, properties }: Offer,
    private readonly options: Pick<PortSessionOptions, 'keepAliveMs' | 'endRemotely'>,
  ) {
    this.agentVersion = agentVersion;
    this.parameters = readParameters(properties);
    this.hasStreams = this.parameters.type === LOCAL_PORT_FORWARDING && hasStreams(agentVersion);
    this.connector = this.hasStreams ? this.multiplexed() : new SingleConnection(session, FIN_AFTER_QUIET_MS);
    const failed = new Promise<never>((_resolve, reject) => (this.fail = reject));
    this.closed = Promise.race([session.closed, failed]);
    this.closed.then(() => {
      this.end();
    }, this.end);
    session.errorOutput.resume(); // a port has none, and nothing may wait in front of the rest
    session.onFlag((flag) => {
      if (flag === PortFlag.ConnectToPortError) this.refusals += 1;
    });
  }

  /**
   * Connects and waits for the agent.
   * @param ticket of ssm:StartSession with one of AWS's port forwarding documents
   * @throws SessionLostError SessionRefusedError, also when it is no port session
   */
  static async open(ticket: SessionTicket, options: PortSessionOptions): Promise<PortSession> {
    let session: Session | undefined;
    try {
      session = await Session.open(ticket, { ...options, accept: ['port'] });
      return await PortSession.over(session, options);
    } catch (error) {
      await session?.[Symbol.asyncDispose]();
      if (!(error instanceof SessionRefusedError)) await options.endRemotely?.();
      throw error;
    }
  }

  /** Takes over a session that accepts ports, when its handshake is done. */
  static async over(
    session: Session,
    options: Pick<PortSessionOptions, 'signal' | 'keepAliveMs' | 'endRemotely'> = {},
  ): Promise<PortSession> {
    await handshake(session, options.signal);
    const { offer } = session;
    if (offer?.kind !== 'port') throw new SessionLostError('it is no port session', '');
    return new PortSession(session, offer, options);
  }

  /** Whether no more connections can be made, although `closed` may not have settled yet. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** When data last went either way, in ms since 1970. */
  get lastActivity(): number {
    return this.session.lastActivity;
  }

  /**
   * A connection to the destination. With smux it is there at once, and fails with a `DestinationError` when the agent
   * says so; without, it waits until the one before has closed. `end()` of it is the end of the whole connection once
   * the destination has been silent for two seconds, since agents know no half-closed ones.
   * @throws the reason of `closed` when the session has ended
   */
  async connect(): Promise<Duplex> {
    if (this.hasEnded) await this.closed;
    if (this.hasEnded) throw new SessionLostError('it was ended from outside', '');
    return await this.connector.connect();
  }

  /** Ends the remote side. @returns whether the agent has been told; an old one does not know the word */
  terminate(): Promise<boolean> {
    return (this.termination ??= this.sendTermination());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isToldOrOver = await this.terminate();
    await this.session[Symbol.asyncDispose]();
    if (!isToldOrOver) await this.options.endRemotely?.();
  }

  private async sendTermination(): Promise<boolean> {
    this.end(new SessionLostError('it was ended here', ''));
    const wasTold = await Promise.race([
      this.session.sendFlag(PortFlag.TerminateSession),
      sleep(TERMINATION_LIMIT_MS, false, { ref: false }),
    ]);
    return wasTold && takesTermination(this.agentVersion);
  }

  /** What is still open is destroyed: its other half has gone. */
  private readonly end = (reason?: unknown): void => {
    if (this.ended) return;
    this.ended = true;
    this.connector.close(reason instanceof Error ? reason : undefined);
  };

  private multiplexed(): Connector {
    const smux = new SmuxClient(this.session, {
      keepAliveMs: keepAliveMs(this.agentVersion),
      quietMs: this.options.keepAliveMs,
      finAfterQuietMs: FIN_AFTER_QUIET_MS,
      isLinkUp: () => this.session.isConnected,
      // The flag names no stream, but the agent connects one after the other, and the stream's FIN comes next to it.
      explainSilentEnd: () => {
        if (this.refusals === 0) return undefined;
        this.refusals -= 1;
        return new DestinationError(this.parameters);
      },
      onFailure: (error) => {
        this.fail(new SessionLostError(error.message, undefined, { cause: error }));
      },
    });
    return {
      connect: () => Promise.resolve(smux.openStream()),
      close: (reason = new SessionLostError('it was ended from outside', '')) => {
        smux.close(reason);
      },
    };
  }
}

/** Settles when the handshake is done. */
async function handshake(session: Session, signal: AbortSignal | undefined): Promise<void> {
  const limit = new AbortController();
  const waiting = AbortSignal.any([limit.signal, ...(signal === undefined ? [] : [signal])]);
  const late = sleep(HANDSHAKE_LIMIT_MS, 'late', { signal: waiting }).catch(() => 'late');
  try {
    const first = await Promise.race([session.closed, session.ready, late]);
    signal?.throwIfAborted();
    if (first === 'late') throw new SessionLostError(`the agent has not answered for ${HANDSHAKE_LIMIT_MS / 1000} s`);
  } finally {
    limit.abort();
  }
}
