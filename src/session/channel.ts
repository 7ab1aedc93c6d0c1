import { type Message, Flags, newMessage, PayloadType } from './message';
import {
  ActionStatus,
  acknowledge,
  decodeAcknowledgement,
  decodeChannelClosed,
  decodeHandshakeComplete,
  decodeHandshakeRequest,
  encodeHandshakeResponse,
  encodeSize,
  type HandshakeAction,
  type ProcessedAction,
  type TerminalSize,
} from './payload';
import { RoundTripTimer } from './round-trip';

/** What the caller must do after an event, in order. */
export type Effect =
  | { readonly do: 'transmit'; readonly message: Message }
  | { readonly do: 'deliver'; readonly stream: 'output' | 'error'; readonly data: Buffer }
  /** Text of the agent for the user, such as "This session is encrypted". */
  | { readonly do: 'notice'; readonly text: string }
  /** Input is taken from here on. */
  | { readonly do: 'ready' }
  /** The service has closed the channel; the reason is empty after an orderly end. */
  | { readonly do: 'close'; readonly reason: string };

interface Unacknowledged {
  readonly message: Message;
  readonly firstSentAt: number;
  sentAt: number;
  resends: number;
}

/**
 * The client's version as told to the agent. Above 1.2.331.0 the agent leaves smux keepalive to us
 * (amazon-ssm-agent `agent/session/plugins/port/port_mux.go`).
 */
export const CLIENT_VERSION = '1.2.700.0';

/**
 * Without a KMS key the agent makes no handshake, and a silent command gives no first output: so silence for this
 * long after the agent has come means that input may go. A handshake request comes within one round trip.
 */
const HANDSHAKE_GRACE_MS = 1500;
/** Frames that came ahead of a lost one and are kept; the agent has at most this many in flight in practice. */
const MAX_EARLY_FRAMES = 10_000;
/** The agent's own chunk size; what larger frames do on the real service is unknown. */
export const MAX_PAYLOAD_BYTES = 1024;

/**
 * The client's side of an SSM data channel: sequence, acknowledgement, retransmission, reordering, handshake.
 * It touches no socket and no timer: the caller hands in events with the time (ms) and performs the effects.
 */
export class Channel {
  private readonly unacknowledged = new Map<number, Unacknowledged>();
  private readonly early = new Map<number, Message>();
  private readonly roundTrip = new RoundTripTimer();
  private nextToSend = 0;
  private nextExpected = 0;
  private phase: 'undecided' | 'handshake' | 'ready' | 'closed' = 'undecided';
  private paused = false;
  private undecidedSince: number;
  /** Input sent on the guess that no handshake comes; a late request shows that the agent threw it away. */
  private guessed: { readonly payloadType: number; readonly payload: Buffer }[] | undefined;

  constructor(now: number) {
    this.undecidedSince = now;
  }

  /** Bytes sent and not yet acknowledged: the caller's measure for holding input back. */
  get unacknowledgedBytes(): number {
    let bytes = 0;
    for (const { message } of this.unacknowledged.values()) bytes += message.payload.length;
    return bytes;
  }

  /** True once input may be sent: after the handshake, or when it is clear that there is none. */
  get ready(): boolean {
    return this.phase === 'ready';
  }

  /** Sends input of at most `MAX_PAYLOAD_BYTES`; only when `ready`. */
  send(data: Buffer, now: number): Effect[] {
    return this.sendInput(PayloadType.Output, data, now);
  }

  /** Tells the agent the size of the window; only when `ready`. */
  resize(size: TerminalSize, now: number): Effect[] {
    return this.sendInput(PayloadType.Size, encodeSize(size), now);
  }

  receive(message: Message, now: number): Effect[] {
    switch (message.messageType) {
      case 'output_stream_data':
        this.paused = false;
        return this.receiveData(message, now);
      case 'acknowledge':
        this.paused = false;
        this.receiveAcknowledgement(message, now);
        return [];
      case 'pause_publication':
        this.paused = true;
        return [];
      case 'start_publication':
        this.paused = false;
        this.undecidedSince = now;
        return [];
      case 'channel_closed':
        this.phase = 'closed';
        return [{ do: 'close', reason: decodeChannelClosed(message.payload).output.trim() }];
      case 'agent_session_state':
      case 'input_stream_data':
        return [];
    }
  }

  /** Resends what has waited too long for its acknowledgement, and decides that no handshake comes. */
  tick(now: number): Effect[] {
    const effects: Effect[] = [];
    if (this.phase === 'undecided' && !this.paused && now - this.undecidedSince >= HANDSHAKE_GRACE_MS) {
      this.guessed = [];
      effects.push(...this.becomeReady());
    }
    if (this.paused) return effects;
    for (const sent of this.unacknowledged.values()) {
      if (now - sent.sentAt < this.roundTrip.timeoutMs(sent.resends)) continue;
      sent.sentAt = now;
      sent.resends += 1;
      effects.push({ do: 'transmit', message: sent.message });
    }
    return effects;
  }

  private sendInput(payloadType: number, payload: Buffer, now: number): Effect[] {
    this.guessed?.push({ payloadType, payload });
    return [this.sequenced(payloadType, payload, now)];
  }

  private sequenced(payloadType: number, payload: Buffer, now: number): Effect {
    const sequenceNumber = this.nextToSend++;
    // The real client sends flag 0 on its first frame too; only the agent marks its first with SYN.
    const message = newMessage('input_stream_data', { sequenceNumber, flags: Flags.Data, payloadType, payload });
    this.unacknowledged.set(sequenceNumber, { message, firstSentAt: now, sentAt: now, resends: 0 });
    return { do: 'transmit', message };
  }

  private receiveAcknowledgement(message: Message, now: number): void {
    const { acknowledgedSequenceNumber } = decodeAcknowledgement(message.payload);
    const sent = this.unacknowledged.get(acknowledgedSequenceNumber);
    if (sent === undefined) return;
    this.unacknowledged.delete(acknowledgedSequenceNumber);
    // A resent frame's acknowledgement may be for either copy, so it measures nothing (Karn's rule).
    if (sent.resends === 0) this.roundTrip.measured(now - sent.firstSentAt);
  }

  private receiveData(message: Message, now: number): Effect[] {
    const { sequenceNumber } = message;
    // A copy is acknowledged again: the acknowledgement of the first may be lost, and the agent resends only its
    // oldest frame, so everything behind it would wait for ever.
    if (sequenceNumber < this.nextExpected) return [{ do: 'transmit', message: acknowledge(message) }];
    if (sequenceNumber > this.nextExpected) {
      if (this.early.size >= MAX_EARLY_FRAMES) return [];
      this.early.set(sequenceNumber, message);
      return [{ do: 'transmit', message: acknowledge(message) }];
    }
    const effects: Effect[] = [{ do: 'transmit', message: acknowledge(message) }, ...this.take(message, now)];
    for (let next = this.early.get(this.nextExpected); next !== undefined; next = this.early.get(this.nextExpected)) {
      this.early.delete(this.nextExpected);
      effects.push(...this.take(next, now));
    }
    return effects;
  }

  /** Handles the next frame in order. */
  private take(message: Message, now: number): Effect[] {
    this.nextExpected += 1;
    switch (message.payloadType) {
      case PayloadType.HandshakeRequest:
        return this.answerHandshake(message.payload, now);
      case PayloadType.HandshakeComplete:
        return this.completeHandshake(message.payload, now);
      case PayloadType.Output:
        return [...this.firstOutput(), { do: 'deliver', stream: 'output', data: message.payload }];
      case PayloadType.StdErr:
      case PayloadType.Error:
        return [...this.firstOutput(), { do: 'deliver', stream: 'error', data: message.payload }];
      default:
        return [];
    }
  }

  private firstOutput(): Effect[] {
    this.guessed = undefined;
    return this.phase === 'undecided' ? this.becomeReady() : [];
  }

  private becomeReady(): Effect[] {
    this.phase = 'ready';
    return [{ do: 'ready' }];
  }

  private answerHandshake(payload: Buffer, now: number): Effect[] {
    this.phase = 'handshake';
    const { actions } = decodeHandshakeRequest(payload);
    const response = encodeHandshakeResponse(CLIENT_VERSION, actions.map(processAction));
    return [this.sequenced(PayloadType.HandshakeResponse, response, now)];
  }

  private completeHandshake(payload: Buffer, now: number): Effect[] {
    const lost = this.guessed ?? [];
    this.guessed = undefined;
    const { customerMessage } = decodeHandshakeComplete(payload);
    return [
      ...(customerMessage === '' ? [] : [{ do: 'notice', text: customerMessage } as const]),
      ...this.becomeReady(),
      ...lost.map((input) => this.sequenced(input.payloadType, input.payload, now)),
    ];
  }
}

const SESSION_TYPES = ['InteractiveCommands', 'NonInteractiveCommands', 'Standard_Stream'];

function processAction({ actionType, parameters }: HandshakeAction): ProcessedAction {
  if (actionType === 'SessionType' && SESSION_TYPES.includes(String(parameters.SessionType))) {
    return { actionType, status: ActionStatus.Success, result: null, error: '' };
  }
  const error = `This client does not support ${actionType} ${JSON.stringify(parameters)}`;
  return { actionType, status: ActionStatus.Unsupported, result: null, error };
}
