import { PayloadType } from '../../../../src/session/message';
import type { SessionTicket } from '../../../../src/local-aws/gateway';
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

export const MODERN = '1.2.677.0';

/** A client of a Port session that sends what a test tells it, written from the recordings alone. */
export class PortClient implements Disposable {
  private constructor(readonly raw: RawClient) {}

  /** Opens the session and goes through its handshake. */
  static async open(ticket: SessionTicket, clientVersion = MODERN): Promise<PortClient> {
    const client = new PortClient(await RawClient.open(ticket));
    await client.payloads(PayloadType.HandshakeRequest, 1);
    client.answer(clientVersion);
    await client.payloads(PayloadType.HandshakeComplete, 1);
    return client;
  }

  answer(clientVersion: string): void {
    const actions = [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }];
    this.raw.input(
      PayloadType.HandshakeResponse,
      JSON.stringify({ ClientVersion: clientVersion, ProcessedClientActions: actions, Errors: null }),
    );
  }

  /** Data in frames of at most 1024 bytes, whatever it is. */
  send(bytes: Buffer | string): void {
    const all = Buffer.from(bytes);
    for (let at = 0; at < all.length; at += 1024) this.raw.input(PayloadType.Output, all.subarray(at, at + 1024));
  }

  flag(flag: number): void {
    this.raw.input(PayloadType.Flag, Buffer.from([0, 0, 0, flag]));
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
    await this.raw.until(`${what} on stream ${streamId}`, () =>
      holds(
        this.data(streamId),
        this.smux.some(({ command, streamId: id }) => command === 'FIN' && id === streamId),
      ),
    );
  }

  /** Waits for so many data frames of a type. @returns their payloads */
  async payloads(payloadType: number, count: number): Promise<readonly Buffer[]> {
    const found = (): readonly Buffer[] =>
      this.frames()
        .filter((one) => one.payloadType === payloadType)
        .map(({ payload }) => payload);
    await this.raw.until(`payload ${payloadType}`, () => found().length >= count);
    return found();
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }

  private frames() {
    const frames = new Map(this.raw.of('output_stream_data').map((one) => [one.sequenceNumber, one]));
    return [...frames.values()].toSorted((a, b) => a.sequenceNumber - b.sequenceNumber);
  }
}
