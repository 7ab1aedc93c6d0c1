import { ProtocolError } from '../errors';
import { Acknowledged } from './acknowledged';
import type { DataKey } from './cipher';
import { ClientHandshake, type Offer } from './client-handshake';
import { NotEncryptedError } from './errors';
import type { SessionKind } from './handshake';
import { Inbox } from './inbox';
import { type Message, PayloadType } from './message';
import { Outbox } from './outbox';
import {
  decodeAcknowledgement,
  decodeChannelClosed,
  decodeExitCode,
  decodeFlag,
  encodeFlag,
  encodeSize,
  type TerminalSize,
} from './payload';

export type { Offer } from './client-handshake';

/** What the caller must do after an event, in order. */
export type Effect =
  | { readonly do: 'transmit'; readonly message: Message }
  /** This frame of the agent's has arrived, which it is to be told; no other effect need wait for that. */
  | { readonly do: 'acknowledge'; readonly message: Message }
  | { readonly do: 'deliver'; readonly stream: 'output' | 'error'; readonly data: Buffer }
  /** The command's own, where the agent tells it: NonInteractiveCommands with separate streams. */
  | { readonly do: 'exitCode'; readonly exitCode: number }
  /** A signal of a port session, one of `PortFlag`. */
  | { readonly do: 'flag'; readonly flag: number }
  /** Text of the agent for the user, such as "This session is encrypted". */
  | { readonly do: 'notice'; readonly text: string }
  /** A data key of this KMS key is wanted: to be answered by `dataKey` or `noDataKey`. */
  | { readonly do: 'requestDataKey'; readonly keyId: string }
  /** Input is taken from here on. */
  | { readonly do: 'ready' }
  /** The service has closed the channel; the reason is empty after an orderly end. */
  | { readonly do: 'close'; readonly reason: string }
  /** The session cannot go on; or must not, because it is not encrypted. */
  | { readonly do: 'fail'; readonly reason: string; readonly isUnencrypted?: true };

/**
 * Without a KMS key the agent makes no handshake, and a silent command gives no first output. Silence alone proves nothing,
 * since the agent may be slow to come. So the terminal's size is sent ahead, which nobody encrypts: an agent that has
 * acknowledged it is there, its handshake request would have come first, and after this long again if it was lost.
 */
const HANDSHAKE_GRACE_MS = 1500;
const PROBE_AFTER_MS = 500;
/** Where nobody has told one, as the official client does. */
const ANY_SIZE: TerminalSize = { columns: 300, rows: 100 };
/** The service says that the agent is away; so long after, it will not come back. */
const AGENT_AWAY_LIMIT_MS = 5 * 60_000;
/** Told again is much, and not wanted more often than agents come back. */
const AGAIN_INTERVAL_MS = 1_000;
/** The agent's own chunk size; what larger frames do on the real service is unknown. */
export const MAX_PAYLOAD_BYTES = 1024;

/**
 * The client's side of an SSM data channel: sequence, acknowledgement, retransmission, reordering, handshake.
 * It touches no socket and no timer: the caller hands in events with the time (ms) and performs the effects.
 */
export class Channel {
  private readonly inbox = new Inbox();
  private readonly outbox = new Outbox();
  private readonly acknowledged = new Acknowledged();
  /** The way to the agent was interrupted, and acknowledgements may be lost. */
  private wasInterrupted = false;
  /** At the service's word, by this connection. */
  private acknowledgedAgainAt = -Infinity;
  private readonly handshake: ClientHandshake;
  private isClosed = false;
  private pausedSince: number | undefined;
  private undecidedSince: number;
  private size = ANY_SIZE;
  /** The size that is sent to see whether the agent is there. */
  private probe: { readonly sequenceNumber: number; isAnswered: boolean } | undefined;

  /**
   * @param accepted the kinds of session that the handshake may offer; others are answered as unsupported
   * @param mustEncrypt whether a session that is not encrypted fails, before anything is sent
   */
  constructor(now: number, accepted: readonly SessionKind[] = ['shell'], mustEncrypt = false) {
    this.undecidedSince = now;
    this.handshake = new ClientHandshake(accepted, mustEncrypt);
  }

  /** What the handshake has offered; undefined without a handshake. */
  get offer(): Offer | undefined {
    return this.handshake.offer;
  }

  /** True once input may be sent: after the handshake, or when it is clear that there is none. */
  get ready(): boolean {
    return !this.isClosed && this.handshake.isOver;
  }

  /** Whether more input may be under way: false holds the sender back. */
  get hasRoom(): boolean {
    return this.ready && this.outbox.hasRoom;
  }

  /** Whether all input has reached the agent. */
  get allAcknowledged(): boolean {
    return this.outbox.isEmpty;
  }

  /** Sends input of at most `MAX_PAYLOAD_BYTES`; only when `ready`. */
  send(data: Buffer, now: number): Effect[] {
    return [this.sequenced(PayloadType.Output, this.handshake.cipher?.encrypt(data) ?? data, now)];
  }

  /** Tells the agent the size of the window, when `ready`; until then it is the one that is sent ahead. */
  resize(size: TerminalSize, now: number): Effect[] {
    this.size = size;
    return this.handshake.isOver ? [this.sequenced(PayloadType.Size, encodeSize(size), now)] : [];
  }

  /** Signals something to the agent of a port session; only when `ready`. */
  sendFlag(flag: number, now: number): Effect[] {
    return [this.sequenced(PayloadType.Flag, encodeFlag(flag), now)];
  }

  receive(message: Message, now: number): Effect[] {
    switch (message.messageType) {
      case 'output_stream_data':
        this.pausedSince = undefined;
        return this.receiveData(message, now);
      case 'acknowledge': {
        this.pausedSince = undefined;
        const { acknowledgedSequenceNumber } = decodeAcknowledgement(message.payload);
        if (this.probe?.sequenceNumber === acknowledgedSequenceNumber) this.probe.isAnswered = true;
        return this.outbox.acknowledged(acknowledgedSequenceNumber, now).map(transmit);
      }
      case 'pause_publication':
        this.pausedSince ??= now;
        this.wasInterrupted = true;
        return [];
      case 'start_publication':
        this.pausedSince = undefined;
        if (this.handshake.isAwaited) this.undecidedSince = now;
        if (!this.wasInterrupted || now - this.acknowledgedAgainAt < AGAIN_INTERVAL_MS) return [];
        this.acknowledgedAgainAt = now;
        return this.acknowledgeAgain();
      case 'channel_closed':
        this.isClosed = true;
        return [{ do: 'close', reason: decodeChannelClosed(message.payload).output.trim() }];
      case 'agent_session_state':
      case 'input_stream_data':
        return [];
    }
  }

  /** A new connection has taken the place of a lost one. */
  reconnected(now: number): Effect[] {
    this.pausedSince = undefined;
    if (this.handshake.isAwaited) this.undecidedSince = now;
    // At once, and again when the agent is there, of which the service tells.
    this.acknowledgedAgainAt = -Infinity;
    this.wasInterrupted = true;
    const again = this.acknowledgeAgain();
    this.wasInterrupted = true;
    return [...again, ...this.outbox.all(now).map(transmit)];
  }

  /** Resends what has waited too long for its acknowledgement, and decides that no handshake comes. */
  tick(now: number): Effect[] {
    if (this.pausedSince !== undefined) {
      if (now - this.pausedSince < AGENT_AWAY_LIMIT_MS) return [];
      return this.fail(`the agent has been away for ${AGENT_AWAY_LIMIT_MS / 60_000} minutes`);
    }
    return [...this.lookForHandshake(now), ...this.outbox.overdue(now).map(transmit)];
  }

  /** Answers `requestDataKey`. */
  dataKey(key: DataKey, now: number): Effect[] {
    try {
      return this.respond(this.handshake.takeKey(key), now);
    } catch (error) {
      if (error instanceof ProtocolError) return this.noDataKey(error.message, now);
      throw error;
    }
  }

  /** Answers `requestDataKey`: the agent refuses the session then, and says why. */
  noDataKey(error: string, now: number): Effect[] {
    return this.respond(this.handshake.refuseKey(error), now);
  }

  private respond(response: Buffer | undefined, now: number): Effect[] {
    return response === undefined ? [] : [this.sequenced(PayloadType.HandshakeResponse, response, now)];
  }

  /** Sends the size ahead where no handshake has come, and decides that none comes. */
  private lookForHandshake(now: number): Effect[] {
    const elapsed = now - this.undecidedSince;
    if (this.isClosed || !this.handshake.mayBeSkipped || elapsed < PROBE_AFTER_MS) return [];
    if (this.probe === undefined) {
      const message = this.outbox.add(PayloadType.Size, encodeSize(this.size), now);
      this.probe = { sequenceNumber: message.sequenceNumber, isAnswered: false };
      return [transmit(message)];
    }
    // What waits for a lost frame may be waiting for the request.
    if (!this.probe.isAnswered || elapsed < HANDSHAKE_GRACE_MS || this.inbox.isWaiting) return [];
    return this.skipHandshake();
  }

  private acknowledgeAgain(): Effect[] {
    if (!this.wasInterrupted) return [];
    this.wasInterrupted = false;
    return this.acknowledged.recent.map((message) => ({ do: 'acknowledge', message }));
  }

  private sequenced(payloadType: number, payload: Buffer, now: number): Effect {
    return transmit(this.outbox.add(payloadType, payload, now));
  }

  private receiveData(message: Message, now: number): Effect[] {
    const { acknowledge: isToBeAcknowledged, inOrder } = this.inbox.receive(message);
    const effects: Effect[] = isToBeAcknowledged ? [{ do: 'acknowledge', message }] : [];
    if (isToBeAcknowledged) this.acknowledged.add(message, now);
    try {
      for (const next of inOrder) effects.push(...this.take(next, now));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Its digest is right, so it would be the same again.
      effects.push(...this.fail(error.message, error instanceof NotEncryptedError));
    }
    return effects;
  }

  /** Handles the next frame in order. */
  private take({ payloadType, payload }: Message, now: number): Effect[] {
    switch (payloadType) {
      case PayloadType.Output:
        return [...this.skipHandshake(), { do: 'deliver', stream: 'output', data: this.decrypt(payload) }];
      case PayloadType.HandshakeRequest:
        return this.beginHandshake(payload, now);
      case PayloadType.EncryptionChallengeRequest:
        return [this.sequenced(PayloadType.EncryptionChallengeResponse, this.handshake.answerChallenge(payload), now)];
      case PayloadType.HandshakeComplete:
        return this.completeHandshake(payload);
      case PayloadType.StdErr:
      case PayloadType.Error:
        return [...this.skipHandshake(), { do: 'deliver', stream: 'error', data: this.decrypt(payload) }];
      case PayloadType.ExitCode:
        return [...this.skipHandshake(), { do: 'exitCode', exitCode: decodeExitCode(this.decrypt(payload)) }];
      case PayloadType.Flag:
        return [...this.skipHandshake(), { do: 'flag', flag: decodeFlag(payload) }];
      default:
        return [];
    }
  }

  private decrypt(payload: Buffer): Buffer {
    return this.handshake.cipher?.decrypt(payload) ?? payload;
  }

  /** The session has begun; the first that shows it shows too that there was no handshake. */
  private skipHandshake(): Effect[] {
    if (this.handshake.isOver) return [];
    this.handshake.skip();
    return [{ do: 'ready' }];
  }

  private fail(reason: string, isUnencrypted = false): Effect[] {
    this.isClosed = true;
    return [{ do: 'fail', reason, ...(isUnencrypted ? { isUnencrypted } : {}) }];
  }

  private beginHandshake(payload: Buffer, now: number): Effect[] {
    const begun = this.handshake.begin(payload);
    return 'keyId' in begun ? [{ do: 'requestDataKey', keyId: begun.keyId }] : this.respond(begun.response, now);
  }

  private completeHandshake(payload: Buffer): Effect[] {
    const text = this.handshake.complete(payload);
    return [...(text === '' ? [] : [{ do: 'notice', text } as const]), { do: 'ready' }];
  }
}

function transmit(message: Message): Effect {
  return { do: 'transmit', message };
}
