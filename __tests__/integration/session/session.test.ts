import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import { Session, SessionLostError, SessionRefusedError } from '../../../src/session/session';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { UNSIGNED } from '../../support/unsigned';

let harness: GatewayHarness;

beforeAll(async () => {
  harness = await startGateway({ firstOutputDelayMs: 0, readPauseMs: 0 });
});

afterAll(() => harness[Symbol.asyncDispose]());

async function collect(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it('a megabyte of output comes whole and in order', async () => {
  await using session = await Session.open(harness.start('seq 1 150000'), { access: UNSIGNED });
  const text = await collect(session.output);
  expect(text).toBe(Array.from({ length: 150_000 }, (_, index) => `${index + 1}\r\n`).join(''));
  await session.closed;
});

it('output is with its reader before it is acknowledged', async () => {
  const send = jest.spyOn(WebSocket.prototype, 'send');
  try {
    const acknowledgements = (): unknown[] =>
      send.mock.calls.filter(
        ([data]) => Buffer.isBuffer(data) && data.includes('"AcknowledgedMessageType":"output_stream_data"'),
      );
    await using session = await Session.open(harness.start('printf answer'), { access: UNSIGNED });
    const atOutput = new Promise((resolve) =>
      session.output.once('data', () => {
        resolve(acknowledgements().length);
      }),
    );
    await session.closed;
    expect(await atOutput).toBe(0);
    expect(acknowledgements()).not.toHaveLength(0); // the service passes it on in this process
  } finally {
    send.mockRestore();
  }
});

it('what nobody reads is not fetched, and is all there when somebody does', async () => {
  await using session = await Session.open(harness.start('seq 1 1000000'), { access: UNSIGNED });
  await once(session.output, 'readable');
  await sleep(2000); // long enough for several megabytes
  expect(session.output.readableLength).toBeLessThan(2 * 1024 * 1024);
  expect((await collect(session.output)).length).toBe(7_888_896);
});

it('input reaches the command whole, with back-pressure to the sender', async () => {
  const size = 300_000;
  await using session = await Session.open(
    harness.start(`sh -c 'stty raw -echo; printf ready; head -c ${size} | sha256sum'`),
    { access: UNSIGNED },
  );
  session.resize({ columns: 80, rows: 24 });
  await once(session.output, 'readable');
  const data = randomBytes(size);
  expect(session.input.write(data)).toBe(false);
  expect(await collect(session.output)).toContain(createHash('sha256').update(data).digest('hex'));
});

it('input typed before the first output is kept', async () => {
  await using session = await Session.open(harness.start('cat'), { access: UNSIGNED });
  session.input.write('early\r\x04');
  expect(await collect(session.output)).toBe('early\r\nearly\r\n');
});

it('a command that cannot start is told with the reason', async () => {
  await using session = await Session.open(harness.start('/bin/nosuch'), { access: UNSIGNED });
  await expect(session.closed).rejects.toThrow(SessionRefusedError);
  await expect(session.closed).rejects.toThrow(/no such file or directory/);
});

it('a connection that breaks is a lost session, with the exit code of ssh', async () => {
  const ticket = harness.start('sleep 1000');
  await using session = await Session.open(ticket, { access: UNSIGNED });
  const second = harness.gateway.resumeSession(ticket.sessionId);
  if (second === undefined) throw new Error('the session is gone');
  // Whoever resumes takes the session over: the first connection is cut.
  await using _other = await Session.open(second, { access: UNSIGNED });
  const error: unknown = await session.closed.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SessionLostError);
  expect((error as SessionLostError).exitCode).toBe(255);
  harness.gateway.terminateSession(ticket.sessionId);
});

it('a stream that cannot be opened is a lost session too', async () => {
  const ticket = { sessionId: 's', tokenValue: 't', streamUrl: 'ws://127.0.0.1:1/v1/data-channel/s' };
  await expect(Session.open(ticket, { access: UNSIGNED })).rejects.toThrow(
    /its stream cannot be opened \(.*ECONNREFUSED/,
  );
});
