import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { type Message, newMessage, PayloadType } from '../../../../src/session/message';
import { decodeAcknowledgement } from '../../../../src/session/payload';
import type { Key } from '../../../support/sign';
import { RawClient } from './raw-client';

/** One smux frame, as read from the bytes of the session. */
export interface SmuxFrame {
  readonly command: 'SYN' | 'FIN' | 'PSH' | 'NOP';
  readonly streamId: number;
  readonly data: Buffer;
}

const COMMANDS = ['SYN', 'FIN', 'PSH', 'NOP'] as const;

/** Version, command, length u16 LE, stream id u32 LE. */
export function smuxFrame(command: SmuxFrame['command'], streamId: number, data: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(data);
  const header = Buffer.from([1, COMMANDS.indexOf(command), 0, 0, 0, 0, 0, 0]);
  header.writeUInt16LE(bytes.length, 2);
  header.writeUInt32LE(streamId, 4);
  return Buffer.concat([header, bytes]);
}

/** The whole frames that the bytes begin with. */
export function smuxFrames(bytes: Buffer): readonly SmuxFrame[] {
  const frames: SmuxFrame[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt16LE(at + 2);
    const command = COMMANDS[bytes.readUInt8(at + 1)];
    if (bytes[at] !== 1 || command === undefined) throw new Error(`${bytes.toString('hex', at, at + 8)} is no frame`);
    if (end > bytes.length) break;
    frames.push({ command, streamId: bytes.readUInt32LE(at + 4), data: bytes.subarray(at + 8, end) });
    at = end;
  }
  return frames;
}

/** A client that needs no keepalive, and one that the agent keeps asking. */
export const MODERN = '1.2.677.0';
export const NEEDS_KEEPALIVE = '1.2.331.0';

const RESEND_INTERVAL_MS = 100;

/**
 * A client of a Port session that sends what a test tells it, written from the recordings alone. It sends again what is
 * not acknowledged, and may come back on another connection.
 */
export class PortClient implements Disposable {
  private readonly connections: RawClient[] = [];
  private nextToSend = 0;
  private lastStream = 1;
  private readonly unacknowledged = new Map<number, Message>();
  private readonly resends = setInterval(() => {
    this.resend();
  }, RESEND_INTERVAL_MS).unref();

  private constructor(private readonly key: Key | undefined) {}

  /** Opens the session and goes through its handshake. @param key as of a `RawClient` */
  static async open(ticket: SessionTicket, clientVersion = MODERN, key?: Key): Promise<PortClient> {
    const client = new PortClient(key);
    await client.connect(ticket);
    await client.payloads(PayloadType.HandshakeRequest, 1);
    client.answer(clientVersion);
    await client.payloads(PayloadType.HandshakeComplete, 1);
    return client;
  }

  /** Takes a connection in the place of the one before. */
  async connect(ticket: SessionTicket): Promise<void> {
    this.connections.at(-1)?.socket.terminate();
    this.connections.push(await RawClient.open(ticket, { key: this.key }));
  }

  /** The connection of now. */
  get raw(): RawClient {
    const raw = this.connections.at(-1);
    if (raw === undefined) throw new Error('there is no connection yet');
    return raw;
  }

  answer(clientVersion: string): void {
    const actions = [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }];
    const response = { ClientVersion: clientVersion, ProcessedClientActions: actions, Errors: null };
    this.input(PayloadType.HandshakeResponse, Buffer.from(JSON.stringify(response)));
  }

  /** 3, 5, 7 and so on. */
  newStream(): number {
    return (this.lastStream += 2);
  }

  /** Data in payloads of at most 1024 bytes, whatever it is. */
  send(bytes: Buffer | string): void {
    const all = Buffer.from(bytes);
    for (let at = 0; at < all.length; at += 1024) this.input(PayloadType.Output, all.subarray(at, at + 1024));
  }

  flag(flag: number): void {
    this.input(PayloadType.Flag, Buffer.from([0, 0, 0, flag]));
  }

  /** The bytes that came as Output, in order, each frame once. */
  get bytes(): Buffer {
    const frames = this.frames().filter(({ payloadType }) => payloadType === PayloadType.Output);
    return Buffer.concat(frames.map(({ payload }) => payload));
  }

  get smux(): readonly SmuxFrame[] {
    return smuxFrames(this.bytes);
  }

  /** What a stream has carried so far. */
  data(streamId: number): Buffer {
    const frames = this.smux.filter(({ command, streamId: id }) => command === 'PSH' && id === streamId);
    return Buffer.concat(frames.map(({ data }) => data));
  }

  async stream(streamId: number, what: string, holds: (data: Buffer, ended: boolean) => boolean): Promise<void> {
    const isFin = ({ command, streamId: id }: SmuxFrame): boolean => command === 'FIN' && id === streamId;
    await this.raw.until(`${what} on stream ${streamId}`, () => holds(this.data(streamId), this.smux.some(isFin)));
  }

  /** Waits for so many data frames of a type. @returns their payloads */
  async payloads(payloadType: number, count: number): Promise<readonly Buffer[]> {
    const found = () => this.frames().filter((one) => one.payloadType === payloadType);
    await this.raw.until(`payload ${payloadType}`, () => found().length >= count);
    return found().map(({ payload }) => payload);
  }

  /** The agent's data frames so far, in order. */
  frames(): readonly Message[] {
    const frames = new Map<number, Message>();
    // Without the hole that a frame on its way leaves, nothing behind it is there yet.
    const received = this.connections.flatMap((raw) => raw.of('output_stream_data'));
    for (const message of received)
      if (!frames.has(message.sequenceNumber)) frames.set(message.sequenceNumber, message);
    const whole: Message[] = [];
    for (let next = frames.get(0); next !== undefined; next = frames.get(whole.length)) whole.push(next);
    return whole;
  }

  [Symbol.dispose](): void {
    clearInterval(this.resends);
    for (const raw of this.connections) raw[Symbol.dispose]();
  }

  private input(payloadType: number, payload: Buffer): void {
    const message = newMessage('input_stream_data', { sequenceNumber: this.nextToSend++, payloadType, payload });
    this.unacknowledged.set(message.sequenceNumber, message);
    this.raw.sendMessage(message);
  }

  /** The oldest alone, as the recorded client does it. */
  private resend(): void {
    for (const { payload } of this.connections.flatMap((raw) => raw.of('acknowledge'))) {
      this.unacknowledged.delete(decodeAcknowledgement(payload).acknowledgedSequenceNumber);
    }
    const [oldest] = this.unacknowledged.values();
    if (oldest !== undefined) this.raw.sendMessage(oldest);
  }
}
