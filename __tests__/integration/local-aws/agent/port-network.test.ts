import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { PortClient, smuxFrame } from './port-client';

let harness: GatewayHarness;
let port: number;
/** Says again what it is told. */
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.pipe(socket);
});

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0 });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  harness.setFaults({});
});

afterAll(async () => {
  await harness[Symbol.asyncDispose]();
  server.close();
});

const start = (): SessionTicket =>
  harness.start('', {
    sessionType: 'Port',
    parameters: { portNumber: String(port), localPortNumber: '0', type: 'LocalPortForwarding' },
  });

const QUESTION = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7919) % 251));
const ask = (streamId: number): Buffer =>
  Buffer.concat([
    smuxFrame('SYN', streamId),
    smuxFrame('PSH', streamId, QUESTION.subarray(0, 30_000)),
    smuxFrame('PSH', streamId, QUESTION.subarray(30_000)),
  ]);
const isAnswered = (data: Buffer): boolean => data.equals(QUESTION);

describe('a Port session', () => {
  it('delays what a bad network loses, doubles and swaps, but does not change it', async () => {
    harness.setFaults({ loss: 0.1, duplication: 0.1, reordering: 0.2, seed: 3 });
    using client = await PortClient.open(start());
    client.send(ask(3));
    await client.stream(3, 'the answer', isAnswered);
  });

  it.each([
    ['is cut', (id: string) => harness.gateway.cutClient(id)],
    ['is half-open', (id: string) => harness.gateway.freezeClient(id)],
    ['of the agent is cut', (id: string) => harness.gateway.cutAgent(id)],
  ])('outlives a connection that %s, with its streams', async (_, damage) => {
    const ticket = start();
    using client = await PortClient.open(ticket);
    client.send(ask(3));
    await client.stream(3, 'the answer', isAnswered);
    expect(damage(ticket.sessionId)).toBe(true);
    await client.connect(harness.resume(ticket));
    client.send(smuxFrame('PSH', 3, 'still there'));
    await client.stream(3, 'the rest', (data) => data.subarray(QUESTION.length).toString() === 'still there');
  });

  it('loses its websockets when they are too old, and comes back on others', async () => {
    const ticket = start();
    using client = await PortClient.open(ticket);
    const closed = once(client.raw.socket, 'close');
    harness.setFaults({ socketLimitMs: 500 });
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1000, 'Bye']);
    harness.setFaults({});
    await client.connect(harness.resume(ticket));
    client.send(ask(3));
    await client.stream(3, 'the answer', isAnswered);
  });

  it('ends when nothing happens in it', async () => {
    using client = await PortClient.open(start());
    harness.setFaults({ idleLimitMs: 200 });
    expect(await client.raw.closed()).toBe('Session timed out due to inactivity.');
  });

  it('ends with TerminateSession, and its connections with it', async () => {
    const ticket = start();
    using client = await PortClient.open(ticket);
    const connected = once(server, 'connection') as Promise<[Socket]>;
    client.send(smuxFrame('SYN', 3));
    const [connection] = await connected;
    const ended = once(connection, 'close');
    expect(harness.gateway.terminateSession(ticket.sessionId)).toBe(true);
    expect(await client.raw.closed()).toBe('');
    await ended;
  });

  it('ends with its task', async () => {
    const ticket = start();
    using client = await PortClient.open(ticket);
    await harness.gateway.closeTarget('ecs:cluster_task_task-1');
    expect(await client.raw.closed()).toBe('');
    expect(harness.gateway.sessions()).toEqual([]);
  });
});

it('the agent paces what it sends: at most 1024 bytes each millisecond', async () => {
  harness.setFaults({ readPauseMs: 1 });
  using client = await PortClient.open(start());
  const startedAt = performance.now();
  client.send(Buffer.concat([ask(3), smuxFrame('PSH', 3, Buffer.alloc(60_000))]));
  await client.stream(3, 'the answer', (data) => data.length === 120_000);
  expect(performance.now() - startedAt).toBeGreaterThan(120_000 / 1024);
});
