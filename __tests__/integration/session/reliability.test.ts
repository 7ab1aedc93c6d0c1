import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { encodeMessage, Flags, newMessage, PayloadType } from '../../../src/session/message';
import { Session, SessionLostError, type SessionOptions, type SessionTicket } from '../../../src/session/session';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { UNSIGNED } from '../../support/unsigned';

// Each of these is a case in which session-manager-plugin loses output, hangs or throws input away.

const FAST = { firstOutputDelayMs: 0 };
const TICKS = `sh -c 'for n in $(seq 1 40); do echo tick$n; sleep 0.05; done; echo END'`;
const ALL_TICKS = `${Array.from({ length: 40 }, (_, n) => `tick${n + 1}\r\n`).join('')}END\r\n`;

/** All but the clock. */
const TIMERS: FakeableAPI[] = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
];

let harness: GatewayHarness;

beforeAll(async () => {
  harness = await startGateway(FAST);
});

afterEach(() => {
  harness.setFaults(FAST);
});

afterAll(() => harness[Symbol.asyncDispose]());

function open(ticket: SessionTicket, options: Partial<SessionOptions> = {}): Promise<Session> {
  return Session.open(ticket, {
    access: UNSIGNED,
    resume: () => Promise.resolve(harness.gateway.resumeSession(ticket.sessionId)),
    ...options,
  });
}

async function collect(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it.each([1, 2, 3])('a tenth of all frames lost, and no output with them (seed %i)', async (seed) => {
  harness.setFaults({ ...FAST, loss: 0.1, seed, relayDelayMs: 10 });
  await using session = await open(harness.start(TICKS));
  expect(await collect(session.output)).toBe(ALL_TICKS);
});

it('a frame that comes in one packet with the opening is not lost, though it is not sent again', async () => {
  const frame = encodeMessage(
    newMessage('output_stream_data', {
      sequenceNumber: 0,
      flags: Flags.Syn,
      payloadType: PayloadType.Output,
      payload: Buffer.from('first'),
    }),
  );
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, tcp, head) => {
    tcp.cork();
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      socket.send(frame);
      tcp.uncork();
    });
  });
  await once(server, 'listening');
  const streamUrl = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (let opening = 1; opening <= 20; opening += 1) {
      await using session = await Session.open(
        { sessionId: 'ecs-execute-command-1', tokenValue: 'token', streamUrl },
        { access: UNSIGNED },
      );
      const signal = AbortSignal.timeout(2_000);
      expect(String(await once(session.output, 'data', { signal }))).toBe('first');
    }
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  }
});

it.each(['cutClient', 'cutAgent'] as const)('%s in the middle loses nothing', async (fault) => {
  const ticket = harness.start(TICKS);
  await using session = await open(ticket);
  let shown = '';
  session.output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  while (!shown.includes('tick10\r')) await sleep(10);
  expect(harness.gateway[fault](ticket.sessionId)).toBe(true);
  await session.closed;
  expect(shown).toBe(ALL_TICKS);
});

it('upgrades that are refused for two seconds are tried again', async () => {
  const ticket = harness.start(TICKS);
  const told: (string | undefined)[] = [];
  await using session = await open(ticket, { onConnection: (lost) => told.push(lost) });
  let shown = '';
  session.output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  while (!shown.includes('tick3\r')) await sleep(10);
  harness.setFaults({ ...FAST, refuseConnect: true });
  harness.gateway.cutClient(ticket.sessionId);
  await sleep(2000);
  harness.setFaults(FAST);
  await session.closed;
  expect(shown).toBe(ALL_TICKS);
  expect(told).toEqual([expect.stringMatching(/closed/), undefined]);
});

describe('a stream that cannot be opened at first', () => {
  /** Nobody listens there. */
  const NOWHERE = 'ws://127.0.0.1:1/';

  it('is opened with a ticket of its own as soon as it can be', async () => {
    const ticket = harness.start(TICKS);
    const told: (string | undefined)[] = [];
    const tickets = [{ ...ticket, streamUrl: NOWHERE }, undefined];
    await using session = await open(
      { ...ticket, streamUrl: NOWHERE },
      {
        onConnection: (lost) => told.push(lost),
        resume: () => Promise.resolve(tickets.shift() ?? harness.gateway.resumeSession(ticket.sessionId)),
      },
    );
    expect(session.isConnected).toBe(true);
    expect(await collect(session.output)).toBe(ALL_TICKS);
    expect(told).toEqual([expect.stringMatching(/ECONNREFUSED/), undefined]);
  });

  it.each([
    ['the service has ended it', () => Promise.resolve(undefined)],
    ['there is no way back', () => Promise.reject(new SessionLostError('it is not there'))],
    ['the network stays away', () => Promise.reject(new Error('getaddrinfo ENOTFOUND'))],
  ])('is an error with the first reason when %s', async (_, resume) => {
    const ticket = { sessionId: 's', tokenValue: 't', streamUrl: NOWHERE };
    const opening = Session.open(ticket, { access: UNSIGNED, resume, patienceMs: 300 });
    await expect(opening).rejects.toThrow(/its stream cannot be opened \(.*ECONNREFUSED/);
  });

  it('is given up with the signal', async () => {
    const ticket = { sessionId: 's', tokenValue: 't', streamUrl: NOWHERE };
    const interruption = new AbortController();
    const resume = (): Promise<undefined> => {
      interruption.abort(new Error('Ctrl-C'));
      return Promise.reject(new Error('getaddrinfo ENOTFOUND'));
    };
    await expect(Session.open(ticket, { access: UNSIGNED, resume, signal: interruption.signal })).rejects.toThrow(
      'Ctrl-C',
    );
  });
});

it.each([
  ['timedOut', /the service had ended it, as it does after 20 idle minutes/],
  ['unknown', /could not be resumed|had ended it/],
] as const)('a resume that is refused (%s) ends it with a message', async (resumeFailure, message) => {
  const ticket = harness.start('sh -c "echo ready; sleep 1000"');
  await using session = await open(ticket);
  await once(session.output, 'data');
  harness.setFaults({ ...FAST, resumeFailure });
  harness.gateway.cutClient(ticket.sessionId);
  await expect(session.closed).rejects.toThrow(message);
  harness.gateway.terminateSession(ticket.sessionId);
});

it('a network that stays away is given up after a while', async () => {
  const ticket = harness.start('sh -c "echo ready; sleep 1000"');
  await using session = await open(ticket, {
    patienceMs: 500,
    resume: () => Promise.reject(new Error('getaddrinfo ENOTFOUND')),
  });
  await once(session.output, 'data');
  harness.gateway.cutClient(ticket.sessionId);
  const error: unknown = await session.closed.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SessionLostError);
  expect((error as SessionLostError).message).toMatch(/could not be resumed \(getaddrinfo ENOTFOUND\)/);
  harness.gateway.terminateSession(ticket.sessionId);
});

it('a machine that has slept looks at its connection at once', async () => {
  const ticket = harness.start(`sh -c 'echo ready; sleep 8; echo done'`);
  const lost: number[] = [];
  await using session = await open(ticket, {
    onConnection: (reason) => {
      if (reason !== undefined) lost.push(performance.now());
    },
  });
  await once(session.output, 'data');
  harness.gateway.freezeClient(ticket.sessionId); // as when the network has forgotten us meanwhile
  const wokeAt = performance.now();
  jest.useFakeTimers({ doNotFake: TIMERS, advanceTimers: true, now: Date.now() + 60_000 });
  try {
    expect(await collect(session.output)).toBe('done\r\n');
  } finally {
    jest.useRealTimers();
  }
  expect(lost).toHaveLength(1);
  // Ten seconds of silence would be too late: the command has ended by then.
  expect((lost[0] ?? 0) - wokeAt).toBeLessThan(7_000);
});

it('the service’s idle limit is told with its reason', async () => {
  await using session = await open(harness.start('sh -c "echo ready; sleep 1000"'));
  await once(session.output, 'data'); // before it, the same end is a refusal
  session.output.resume();
  harness.setFaults({ ...FAST, idleLimitMs: 300 });
  await expect(session.closed).rejects.toThrow(/The session was lost: .*inactivity/);
});

it('input that was typed while the connection was away arrives once', async () => {
  const ticket = harness.start(`sh -c 'stty -echo; echo ready; cat'`);
  await using session = await open(ticket);
  let shown = '';
  session.output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  while (!shown.includes('ready')) await sleep(10);
  harness.gateway.cutClient(ticket.sessionId);
  const text = randomBytes(20_000)
    .toString('hex')
    .replace(/(.{80})/g, '$1\n');
  session.input.write(`${text}\n\x04`);
  await session.closed;
  expect(shown).toBe(`ready\r\n${text}\n`.replace(/\r?\n/g, '\r\n'));
});

it('a silent command gets its input and its size before it has said anything', async () => {
  await using session = await open(harness.start(`sh -c 'read line; stty size; echo "<$line>"'`));
  session.resize({ columns: 81, rows: 25 });
  session.input.write('early\r');
  expect(await collect(session.output)).toBe('early\r\n25 81\r\n<early>\r\n');
});

it('a pause of the service holds both directions, and loses nothing', async () => {
  const ticket = harness.start(`sh -c 'stty -echo; echo ready; cat'`);
  await using session = await open(ticket);
  let shown = '';
  session.output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  while (!shown.includes('ready')) await sleep(10);
  harness.gateway.pause(ticket.sessionId);
  session.input.write('in the pause\r');
  await sleep(400);
  expect(shown).toBe('ready\r\n');
  harness.gateway.resume(ticket.sessionId);
  session.input.write('\x04');
  await session.closed;
  expect(shown).toBe('ready\r\nin the pause\r\n');
});
