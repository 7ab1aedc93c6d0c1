import { once } from 'node:events';
import { type RawData, WebSocket } from 'ws';
import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { decodeMessage, encodeMessage, type Message, newMessage } from '../../../../src/session/message';
import { acknowledge, decodeChannelClosed } from '../../../../src/session/payload';
import { type Key, signedHeaders } from '../../../support/sign';

const WAIT_MS = 20_000;

export interface Opening {
  /** With which the upgrade is signed. @default any, for gateways that demand nothing */
  readonly key?: Key | undefined;
  /** Of the upgrade, in the place of those that sign it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** As the frame names it; undefined names none. @default the oldest that the service takes */
  readonly clientVersion?: string | undefined;
}

/** A client that does what a test tells it, and acknowledges unless told otherwise. */
export class RawClient implements Disposable {
  readonly received: Message[] = [];
  acknowledges = true;
  private nextToSend = 0;
  private changed: () => void = () => undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: RawData) => {
      const message = decodeMessage(data as Buffer);
      this.received.push(message);
      if (message.messageType === 'output_stream_data' && this.acknowledges) this.sendMessage(acknowledge(message));
      this.changed();
    });
  }

  static async open({ streamUrl, tokenValue }: SessionTicket, opening: Opening = {}): Promise<RawClient> {
    const { headers, clientVersion, key } = { clientVersion: '1.2.764.0', ...opening };
    const signed = headers ?? (await signedHeaders(streamUrl, { key }));
    const socket = new WebSocket(streamUrl, { perMessageDeflate: false, headers: signed });
    await once(socket, 'open');
    const client = new RawClient(socket);
    // As the recorded client writes it.
    socket.send(
      JSON.stringify({
        MessageSchemaVersion: '1.0',
        RequestId: 'ac53ce1c-1940-49d7-8b4d-445b35e86bb2',
        TokenValue: tokenValue,
        ClientId: '291f5ebd-8db4-46d1-b55a-d41dea6727ad',
        ClientVersion: clientVersion,
      }),
    );
    return client;
  }

  input(payloadType: number, payload: Buffer | string): void {
    const sequenceNumber = this.nextToSend++;
    this.sendMessage(newMessage('input_stream_data', { sequenceNumber, payloadType, payload: Buffer.from(payload) }));
  }

  sendMessage(message: Message): void {
    this.sendBytes(encodeMessage(message));
  }

  sendBytes(bytes: Buffer): void {
    this.socket.send(bytes);
  }

  of(messageType: Message['messageType']): readonly Message[] {
    return this.received.filter((message) => message.messageType === messageType);
  }

  /** What the command wrote, each frame once. */
  output(): string {
    const frames = new Map(this.of('output_stream_data').map((one) => [one.sequenceNumber, one.payload]));
    return Buffer.concat([...frames.entries()].toSorted(([a], [b]) => a - b).map(([, payload]) => payload)).toString();
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const timeout = AbortSignal.timeout(WAIT_MS);
    const late = once(timeout, 'abort');
    while (!condition()) {
      const changed = new Promise<void>((resolve) => (this.changed = resolve));
      await Promise.race([changed, late]);
      if (timeout.aborted) throw new Error(`${what} does not come; output is ${JSON.stringify(this.output())}`);
    }
  }

  async shows(text: string): Promise<void> {
    await this.until(JSON.stringify(text), () => this.output().includes(text));
  }

  /** The text of channel_closed. */
  async closed(): Promise<string> {
    await this.until('channel_closed', () => this.of('channel_closed').length > 0);
    const [message] = this.of('channel_closed');
    return message === undefined ? '' : decodeChannelClosed(message.payload).output;
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
