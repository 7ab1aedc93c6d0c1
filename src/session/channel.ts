import { ProtocolError } from '../errors';
import { Acknowledged } from './acknowledged';
import { Cipher, type DataKey } from './cipher';
import { CLIENT_VERSION } from './client-version';
import { type KeyOutcome, offeredSession, processActions, requestedKey, type SessionKind } from './handshake';
import { Inbox } from './inbox';
import { type Message, PayloadType } from './message';
import { Outbox } from './outbox';
import {
  decodeAcknowledgement,
  decodeChannelClosed,
  decodeEncryptionChallenge,
  decodeExitCode,
  decodeFlag,
  decodeHandshakeComplete,
  decodeHandshakeRequest,
  encodeEncryptionChallenge,
  encodeFlag,
  encodeHandshakeResponse,
  encodeSize,
  type HandshakeRequest,
  type TerminalSize,
} from './payload';

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
  /** The session cannot go on. */
  | { readonly do: 'fail'; readonly reason: string };

/**
 * Without a KMS key the agent makes no handshake, and a silent command gives no first output: so silence for this
 * long after the agent has come means that input may go. A handshake request comes within one round trip.
 */
const HANDSHAKE_GRACE_MS = 1500;
/** The service says that the agent is away; so long after, it will not come back. */
const AGENT_AWAY_LIMIT_MS = 5 * 60_000;
/** The agent's own chunk size; what larger frames do on the real service is unknown. */
export const MAX_PAYLOAD_BYTES = 1024;

/** Who answered, and what the session is. */
export interface Offer {
  readonly agentVersion: string;
  readonly kind: SessionKind;
  /** Of a port session: the parameters of its document, such as `portNumber`, `localPortNumber`, `host` and `type`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

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
  private phase: 'undecided' | 'handshake' | 'ready' | 'closed' = 'undecided';
  private pausedSince: number | undefined;
  private undecidedSince: number;
  private handshakeRequest: HandshakeRequest | undefined;
  private cipher: Cipher | undefined;
  /** Input sent on the guess that no handshake comes; a late request shows that the agent threw it away. */
  private guessed: { readonly payloadType: number; readonly payload: Buffer }[] | undefined;

  /** @param accepted the kinds of session that the handshake may offer; others are answered as unsupported */
  constructor(
    now: number,
    private readonly accepted: readonly SessionKind[] = ['shell'],
  ) {
    this.undecidedSince = now;
  }

  /** What the handshake has offered; undefined without a handshake. */
  get offer(): Offer | undefined {
    const request = this.handshakeRequest;
    const session = request === undefined ? undefined : offeredSession(request);
    return request === undefined || session === undefined
      ? undefined
      : { agentVersion: request.agentVersion, ...session };
  }

  /** True once input may be sent: after the handshake, or when it is clear that there is none. */
  get ready(): boolean {
    return this.phase === 'ready';
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
    return this.sendInput(PayloadType.Output, data, now);
  }

  /** Tells the agent the size of the window; only when `ready`. */
  resize(size: TerminalSize, now: number): Effect[] {
    return this.sendInput(PayloadType.Size, encodeSize(size), now);
  }

  /** Signals something to the agent of a port session; only when `ready`. */
  sendFlag(flag: number, now: number): Effect[] {
    return this.sendInput(PayloadType.Flag, encodeFlag(flag), now);
  }

  receive(message: Message, now: number): Effect[] {
    switch (message.messageType) {
      case 'output_stream_data':
        this.pausedSince = undefined;
        return this.receiveData(message, now);
      case 'acknowledge': {
        this.pausedSince = undefined;
        const { acknowledgedSequenceNumber } = decodeAcknowledgement(message.payload);
        return this.outbox.acknowledged(acknowledgedSequenceNumber, now).map(transmit);
      }
      case 'pause_publication':
        this.pausedSince ??= now;
        this.wasInterrupted = true;
        return [];
      case 'start_publication':
        this.pausedSince = undefined;
        if (this.phase === 'undecided') this.undecidedSince = now;
        return this.acknowledgeAgain();
      case 'channel_closed':
        this.phase = 'closed';
        return [{ do: 'close', reason: decodeChannelClosed(message.payload).output.trim() }];
      case 'agent_session_state':
      case 'input_stream_data':
        return [];
    }
  }

  /** A new connection has taken the place of a lost one. */
  reconnected(now: number): Effect[] {
    this.pausedSince = undefined;
    if (this.phase === 'undecided') this.undecidedSince = now;
    // At once, and again when the agent is there, of which the service tells.
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
    const effects: Effect[] = [];
    // A port session always has its handshake.
    const mayHaveNone = this.accepted.includes('shell');
    if (this.phase === 'undecided' && mayHaveNone && now - this.undecidedSince >= HANDSHAKE_GRACE_MS) {
      this.guessed = [];
      effects.push(...this.becomeReady());
    }
    effects.push(...this.outbox.overdue(now).map(transmit));
    return effects;
  }

  /** Answers `requestDataKey`. */
  dataKey(key: DataKey, now: number): Effect[] {
    try {
      return this.answerHandshake({ key, cipher: new Cipher(key.plaintext) }, now);
    } catch (error) {
      if (error instanceof ProtocolError) return this.noDataKey(error.message, now);
      throw error;
    }
  }

  /** Answers `requestDataKey`: the agent refuses the session then, and says why. */
  noDataKey(error: string, now: number): Effect[] {
    return this.answerHandshake({ error }, now);
  }

  private sendInput(payloadType: number, payload: Buffer, now: number): Effect[] {
    this.guessed?.push({ payloadType, payload });
    const { cipher } = this;
    const isEncrypted = cipher !== undefined && payloadType === PayloadType.Output; // sizes and flags stay plain
    return [this.sequenced(payloadType, isEncrypted ? cipher.encrypt(payload) : payload, now)];
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
      effects.push(...this.fail(error.message)); // its digest is right, so it would be the same again
    }
    return effects;
  }

  /** Handles the next frame in order. */
  private take({ payloadType, payload }: Message, now: number): Effect[] {
    switch (payloadType) {
      case PayloadType.Output:
        return [...this.firstOutput(), { do: 'deliver', stream: 'output', data: this.decrypt(payload) }];
      case PayloadType.HandshakeRequest:
        return this.receiveHandshakeRequest(payload, now);
      case PayloadType.EncryptionChallengeRequest:
        return this.answerChallenge(payload, now);
      case PayloadType.HandshakeComplete:
        return this.completeHandshake(payload, now);
      case PayloadType.StdErr:
      case PayloadType.Error:
        return [...this.firstOutput(), { do: 'deliver', stream: 'error', data: this.decrypt(payload) }];
      case PayloadType.ExitCode:
        return [{ do: 'exitCode', exitCode: decodeExitCode(this.decrypt(payload)) }];
      case PayloadType.Flag:
        return [{ do: 'flag', flag: decodeFlag(payload) }];
      default:
        return [];
    }
  }

  private decrypt(payload: Buffer): Buffer {
    return this.cipher === undefined ? payload : this.cipher.decrypt(payload);
  }

  private firstOutput(): Effect[] {
    this.guessed = undefined;
    return this.phase === 'undecided' ? this.becomeReady() : [];
  }

  private becomeReady(): Effect[] {
    this.phase = 'ready';
    return [{ do: 'ready' }];
  }

  private fail(reason: string): Effect[] {
    this.phase = 'closed';
    return [{ do: 'fail', reason }];
  }

  private receiveHandshakeRequest(payload: Buffer, now: number): Effect[] {
    this.phase = 'handshake';
    this.handshakeRequest = decodeHandshakeRequest(payload);
    const keyId = requestedKey(this.handshakeRequest);
    return keyId === undefined ? this.answerHandshake(undefined, now) : [{ do: 'requestDataKey', keyId }];
  }

  private answerHandshake(outcome: KeyOutcome | undefined, now: number): Effect[] {
    const request = this.handshakeRequest;
    if (request === undefined || this.phase !== 'handshake') return [];
    if (outcome !== undefined && 'cipher' in outcome) this.cipher = outcome.cipher;
    const response = encodeHandshakeResponse(CLIENT_VERSION, processActions(request, outcome, this.accepted));
    return [this.sequenced(PayloadType.HandshakeResponse, response, now)];
  }

  private answerChallenge(payload: Buffer, now: number): Effect[] {
    if (this.cipher === undefined) throw new ProtocolError('an encryption challenge came before there was a key');
    const challenge = this.cipher.decrypt(decodeEncryptionChallenge(payload));
    const answer = encodeEncryptionChallenge(this.cipher.encrypt(challenge));
    return [this.sequenced(PayloadType.EncryptionChallengeResponse, answer, now)];
  }

  private completeHandshake(payload: Buffer, now: number): Effect[] {
    const lost = this.guessed ?? [];
    this.guessed = undefined;
    const { customerMessage } = decodeHandshakeComplete(payload);
    return [
      ...(customerMessage === '' ? [] : [{ do: 'notice', text: customerMessage } as const]),
      ...this.becomeReady(),
      ...lost.flatMap((input) => this.sendInput(input.payloadType, input.payload, now)),
    ];
  }
}

function transmit(message: Message): Effect {
  return { do: 'transmit', message };
}
