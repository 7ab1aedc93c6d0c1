import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { runExec } from '../../../src/remote/exec';
import { encodeMessage, newMessage, PayloadType } from '../../../src/session/message';
import { encodeFlag } from '../../../src/session/payload';
import { Session } from '../../../src/session/session';
import { Collected } from '../../support/exec';
import { UNSIGNED } from '../../support/unsigned';

const NONCE = '0123456789abcdef';

let server: WebSocketServer;
let session: Session;
let peer: WebSocket;
let next: number;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const streamUrl = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  session = await Session.open({ sessionId: 's', tokenValue: 't', streamUrl }, { access: UNSIGNED });
  [peer] = (await accepted) as [WebSocket];
  next = 0;
});

afterEach(async () => {
  await session[Symbol.asyncDispose]();
  server.close();
});

function send(payloadType: number, payload: Buffer | string): void {
  const more = { sequenceNumber: next++, payloadType, payload: Buffer.from(payload) };
  peer.send(encodeMessage(newMessage('output_stream_data', more)));
}

it('flags that nobody waits for end the session when they do not end', async () => {
  for (let count = 0; count < 64; count += 1) send(PayloadType.Flag, encodeFlag(1));
  send(PayloadType.Output, 'x');
  await once(session.output, 'readable');
  expect(session.isConnected).toBe(true);
  send(PayloadType.Flag, encodeFlag(1));
  await expect(session.closed).rejects.toThrow('The session was lost: the agent sends flags without end');
});

it('errors apart from the output do not hold a command up, and are passed on', async () => {
  const errorOutput = new Collected();
  const done = runExec(session, {
    nonce: NONCE,
    streams: { input: Readable.from([]), output: new Collected(), errorOutput },
    warn: () => undefined,
    signal: new AbortController().signal,
    interrupt: () => 'INT',
  });
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 3_000; count += 1) send(PayloadType.StdErr, line);
  send(PayloadType.Output, `${NONCE} x 7\n`);
  expect(await done).toBe(7);
  expect(errorOutput.bytes().length % 1_000).toBe(0);
  expect(errorOutput.bytes().length).toBeGreaterThan(0);
});

it('what makes no sense in the frames of exec is a lost session', async () => {
  const done = runExec(session, {
    nonce: NONCE,
    streams: { input: Readable.from([]), output: new Collected(), errorOutput: new Collected() },
    warn: () => undefined,
    signal: new AbortController().signal,
    interrupt: () => 'INT',
  });
  send(PayloadType.Output, `${NONCE} r\n${NONCE} c 1\n`);
  await expect(done).rejects.toMatchObject({
    name: 'SessionLostError',
    message: 'The session was lost: 1 bytes of input were taken, of 0 sent',
    exitCode: 255,
  });
});
