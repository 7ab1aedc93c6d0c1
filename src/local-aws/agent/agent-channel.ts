import { Flags, type Message, newMessage } from '../../session/message';
import { acknowledge, decodeAcknowledgement } from '../../session/payload';
import type { ProgramChannel } from './program';

/** amazon-ssm-agent `agent/session/config/config.go`. */
const INITIAL_TIMEOUT_MS = 200;
const INITIAL_ROUND_TRIP_MS = 100;
const MAX_TIMEOUT_MS = 1000;
const MIN_VARIATION_MS = 10;
/** Frames kept each way. A new one above it is sent all the same, and never again; an early one is not acknowledged. */
const CAPACITY = 100_000;

interface Unacknowledged {
  readonly message: Message;
  sentAt: number;
}

export interface AgentChannelOptions {
  readonly transmit: (message: Message) => void;
  /** Takes the next input in order; false refuses it, and then it is not acknowledged. */
  readonly takeInput: (message: Message) => Promise<boolean>;
  /** What goes on the wire for a payload. @default the payload */
  readonly encode?: (payloadType: number, payload: Buffer) => Buffer;
  /** Settles when the socket takes more: the agent's writes wait for it. @default it always does */
  readonly untilWritable?: () => Promise<void>;
}

/**
 * The agent's side of a data channel, after amazon-ssm-agent `agent/session/datachannel/datachannel.go` and its
 * recorded behaviour; written apart from the client's side, so that neither hides the other's faults.
 */
export class AgentChannel implements ProgramChannel {
  /** By sequence number, the oldest first. */
  private readonly unacknowledged = new Map<number, Unacknowledged>();
  private readonly early = new Map<number, Message>();
  private roundTripMs = INITIAL_ROUND_TRIP_MS;
  private variationMs = 0;
  private timeoutMs = INITIAL_TIMEOUT_MS;
  private nextToSend = 0;
  private nextExpected = 0;
  private pausedNow = false;
  private resumed: () => void = () => undefined;

  constructor(private readonly options: AgentChannelOptions) {}

  /** While the client is away nothing is read from the terminal and nothing is sent again. */
  get paused(): boolean {
    return this.pausedNow;
  }

  get allAcknowledged(): boolean {
    return this.unacknowledged.size === 0;
  }

  /** Settles when the channel is not paused and its socket takes more. */
  async untilReady(): Promise<void> {
    while (this.pausedNow) await new Promise<void>((resolve) => (this.resumed = resolve));
    await this.options.untilWritable?.();
  }

  send(payloadType: number, plain: Buffer, now: number): void {
    const payload = this.options.encode?.(payloadType, plain) ?? plain;
    const sequenceNumber = this.nextToSend++;
    const flags = sequenceNumber === 0 ? Flags.Syn : Flags.Data;
    const message = newMessage('output_stream_data', { sequenceNumber, flags, payloadType, payload });
    if (this.unacknowledged.size < CAPACITY) this.unacknowledged.set(sequenceNumber, { message, sentAt: now });
    // What was read before the pause is left to the resend timer.
    if (!this.pausedNow) this.options.transmit(message);
  }

  /** A new websocket ends a pause too. */
  reconnected(): void {
    this.unpause();
  }

  /** Settles when the message has been dealt with; the next one waits for that, as in the agent. */
  async receive(message: Message, now: number): Promise<void> {
    switch (message.messageType) {
      case 'acknowledge':
        this.unpause();
        this.removeAcknowledged(decodeAcknowledgement(message.payload).acknowledgedSequenceNumber, now);
        return;
      case 'input_stream_data':
        this.unpause();
        await this.receiveInput(message);
        return;
      case 'pause_publication':
        this.pausedNow = true;
        return;
      case 'start_publication':
        this.unpause();
        return;
      case 'channel_closed':
      case 'output_stream_data':
      case 'agent_session_state':
        return;
    }
  }

  /** To be called every 100 ms: sends the oldest unacknowledged frame again when it has waited too long. */
  resend(now: number): void {
    const [oldest] = this.unacknowledged.values();
    if (this.pausedNow || oldest === undefined || now - oldest.sentAt <= this.timeoutMs) return;
    oldest.sentAt = now;
    this.options.transmit(oldest.message);
  }

  private async receiveInput(message: Message): Promise<void> {
    const { sequenceNumber } = message;
    if (sequenceNumber < this.nextExpected) {
      this.options.transmit(acknowledge(message));
      return;
    }
    if (sequenceNumber > this.nextExpected) {
      if (this.early.size >= CAPACITY) return;
      this.early.set(sequenceNumber, message);
      this.options.transmit(acknowledge(message));
      return;
    }
    if (!(await this.options.takeInput(message))) return;
    this.nextExpected += 1;
    this.options.transmit(acknowledge(message));
    for (let next = this.early.get(this.nextExpected); next !== undefined; next = this.early.get(this.nextExpected)) {
      if (!(await this.options.takeInput(next))) return;
      this.early.delete(this.nextExpected);
      this.nextExpected += 1;
    }
  }

  private removeAcknowledged(sequenceNumber: number, now: number): void {
    const found = this.unacknowledged.get(sequenceNumber);
    if (found === undefined) return;
    this.unacknowledged.delete(sequenceNumber);
    const sample = now - found.sentAt;
    this.variationMs = 0.75 * this.variationMs + 0.25 * Math.abs(this.roundTripMs - sample);
    this.roundTripMs = 0.875 * this.roundTripMs + 0.125 * sample;
    this.timeoutMs = Math.min(MAX_TIMEOUT_MS, this.roundTripMs + Math.max(MIN_VARIATION_MS, 4 * this.variationMs));
  }

  private unpause(): void {
    this.pausedNow = false;
    this.resumed();
  }
}
