import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import { CLIENT_VERSION } from './client-version';
import { Connection, type ConnectionLoss } from './connection';
import { describe, SessionLostError } from './errors';
import type { SessionTicket } from './ticket';
import { untilAborted } from './until-aborted';
import { type ChannelAccess, ChannelRefusedError, type UpgradeHistory, UpgradeRefusedError } from './upgrade';

/** Asks for a new ticket of the session; undefined: the service has ended it. */
export type Resume = () => Promise<SessionTicket | undefined>;

export interface ReconnectOptions {
  /** How its stream is asked for. */
  readonly access: ChannelAccess;
  /**
   * Called after a cut, as often as it takes. A `SessionLostError` ends the session; whatever else is thrown is tried
   * again. Without it a cut is the end.
   */
  readonly resume?: Resume | undefined;
  /** Told when the connection is lost, with the reason, again when another keeps it away, and with undefined when it is back. */
  readonly onConnection?: (lost: string | undefined) => void;
  /** How long to try to get a lost connection back, in ms; the first one for 20 s at most. @default 10 minutes */
  readonly patienceMs?: number;
}

/** What its session does for it. */
export interface ReconnectHooks {
  /** Aborts when the session has ended. */
  readonly ending: AbortSignal;
  /** Whether nothing may be read for now. */
  readonly isHeld: () => boolean;
  readonly onFrame: (frame: Buffer) => void;
  /** Another connection has taken the place of the lost one. */
  readonly onBack: () => void;
  /** There is no way back. */
  readonly onGone: (error: SessionLostError) => void;
}

const PATIENCE_MS = 10 * 60_000;
/** Whoever waits for the first connection wants to know soon that there is no way to it. */
const OPEN_PATIENCE_MS = 20_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** So often in a row the service may turn a client away that it has let in, before it is taken at its word. */
const MOST_REFUSALS = 2;

/** A session's connection: opened, and got back as often as it is lost. */
export class Reconnecting {
  private readonly clientId = randomUUID();
  private connection: Connection | undefined;
  /** In a row: of the service to open a stream. */
  private refusals = 0;
  private hasBeenOpen = false;
  /** In a row: connections that were lost as soon as they were there. */
  private earlyLosses = 0;
  /** When the first of them was lost, in ms since 1970. */
  private earlyLossesSince = 0;

  constructor(
    private readonly options: ReconnectOptions,
    private readonly hooks: ReconnectHooks,
  ) {}

  /** The connection of the moment; without one nothing is heard, and nothing lost. */
  get current(): Connection | undefined {
    return this.connection;
  }

  /**
   * Connects and presents the token; where that fails and `resume` is given, with new tickets for a while.
   * @throws ChannelRefusedError when the service does not want to; whatever else keeps it from opening
   */
  async open(ticket: SessionTicket): Promise<void> {
    try {
      await this.connect(ticket);
    } catch (error) {
      await this.connectAgain(error);
    }
  }

  private hasEnded(): boolean {
    return this.hooks.ending.aborted;
  }

  private async connect(ticket: SessionTicket): Promise<void> {
    const connection = await this.openConnection(ticket);
    if (this.hasEnded()) {
      await connection.close();
      return;
    }
    this.refusals = 0;
    this.hasBeenOpen = true;
    this.connection = connection;
    if (!this.hooks.isHeld()) connection.release();
  }

  /** @throws ChannelRefusedError when asking again would be in vain; whatever else keeps it from opening */
  private async openConnection(ticket: SessionTicket): Promise<Connection> {
    const { access } = this.options;
    const { ending, onFrame } = this.hooks;
    for (;;) {
      const request = await untilAborted(access.request(ticket.streamUrl, this.history), ending);
      try {
        const connection = await Connection.open(ticket, {
          request,
          clientId: this.clientId,
          signal: ending,
          onFrame: (frame) => {
            if (this.connection !== connection) return;
            this.earlyLosses = 0;
            onFrame(frame);
          },
          onLost: (loss) => {
            if (this.connection !== connection) return;
            this.connection = undefined;
            void this.reconnect(loss);
          },
        });
        return connection;
      } catch (error) {
        if (!(error instanceof UpgradeRefusedError)) throw error;
        this.refusals += 1;
        const verdict = access.refused(error.refusal, this.history);
        if (verdict === 'later') throw error;
        if (verdict !== 'again') throw verdict;
      }
    }
  }

  private get history(): UpgradeHistory {
    const { refusals, hasBeenOpen } = this;
    return { refusals, hasBeenOpen };
  }

  /** The network may be away at the very moment of opening. @throws `error`, when there is no way back from it */
  private async connectAgain(error: unknown): Promise<void> {
    const { resume, onConnection, patienceMs = PATIENCE_MS } = this.options;
    if (resume === undefined || this.hasEnded() || error instanceof UserError) throw error;
    const reason = describe(error);
    onConnection?.(reason);
    await this.regain(reason, resume, Math.min(patienceMs, OPEN_PATIENCE_MS)).catch((last: unknown) => {
      if (last instanceof ChannelRefusedError) throw last;
      throw error; // the first one tells more
    });
    if (this.hasEnded()) throw error;
    onConnection?.(undefined);
  }

  /** Gets a lost connection back. Frames lost with it are sent again by both sides. */
  private async reconnect({ reason, isEarly, isRefusal, isViolation }: ConnectionLoss): Promise<void> {
    const { resume, onConnection, patienceMs = PATIENCE_MS } = this.options;
    const { onBack, onGone } = this.hooks;
    if (this.hasEnded()) return;
    if (isEarly && this.earlyLosses === 0) this.earlyLossesSince = Date.now();
    this.earlyLosses = isEarly ? this.earlyLosses + 1 : 0;
    const isHopeless =
      isViolation ||
      (isRefusal && this.earlyLosses >= MOST_REFUSALS) ||
      (this.earlyLosses > 1 && Date.now() - this.earlyLossesSince > patienceMs);
    if (resume === undefined || isHopeless) {
      onGone(new SessionLostError(reason, isRefusal ? `This client says that it is ${CLIENT_VERSION}` : undefined));
      return;
    }
    onConnection?.(reason);
    try {
      await this.regain(reason, resume, patienceMs);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onGone(error instanceof SessionLostError ? error : new SessionLostError(error.message, error.remedy));
    }
    if (this.hasEnded()) return;
    onConnection?.(undefined);
    onBack();
  }

  /**
   * Asks for tickets until one of them connects, or the session ends.
   * @throws SessionLostError when there is no way back, or none within `patienceMs`; ChannelRefusedError
   */
  private async regain(reason: string, resume: Resume, patienceMs: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    let problem = reason;
    // A service that lets us in and says nothing is not asked in a tight circle.
    let pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, this.earlyLosses - 1), LONGEST_PAUSE_MS);
    if (this.earlyLosses > 1) await this.rest(pause);
    for (; !this.hasEnded(); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const ticket = await untilAborted(resume(), this.hooks.ending);
        if (ticket === undefined) {
          throw new SessionLostError('the service had ended it, as it does after 20 idle minutes');
        }
        await this.connect(ticket);
        return;
      } catch (error) {
        if (error instanceof SessionLostError || error instanceof ChannelRefusedError) throw error;
        if (describe(error) !== problem) this.tellWhatToDo(error);
        problem = describe(error);
      }
      if (Date.now() + pause > deadline) {
        throw new SessionLostError(`${reason}, and it could not be resumed (${problem})`);
      }
      await this.rest(pause);
    }
  }

  /** Several clients that lost the same network do not come back at the same moment. */
  private async rest(ms: number): Promise<void> {
    await sleep(ms * (1 + Math.random()), undefined, { signal: this.hooks.ending }).catch(() => undefined);
  }

  /** Only the user can mend it, such as credentials that have ended. */
  private tellWhatToDo(error: unknown): void {
    if (error instanceof UserError && error.remedy !== '') {
      this.options.onConnection?.(`${error.message}. ${error.remedy}`);
    }
  }
}
