import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadType } from '../../../../src/session/message';
import type { SessionTicket, StartSessionRequest } from '../../../../src/local-aws/gateway';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { MODERN, NEEDS_KEEPALIVE, PortClient, smuxFrame } from './port-client';
import { RawClient } from './raw-client';

const DISCONNECT = 1;
const TERMINATE = 2;
const CONNECT_TO_PORT_ERROR = Buffer.from([0, 0, 0, 3]);

let harness: GatewayHarness;
const servers: Server[] = [];

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0 }, { kmsEndpoint: () => 'http://127.0.0.1:0' });
});

afterEach(() => {
  harness.setFaults({});
  for (const server of servers.splice(0)) server.close();
});

afterAll(() => harness[Symbol.asyncDispose]());

/** A TCP server on loopback. @returns its port */
async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const echo = (): Promise<number> => listen((socket) => socket.pipe(socket));

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const port = await echo();
  servers.pop()?.close();
  return port;
}

const start = (
  port: number,
  host?: string,
  more: Pick<StartSessionRequest, 'kmsKeyId' | 'addresses'> = {},
): SessionTicket =>
  harness.start('', {
    sessionType: 'Port',
    parameters: {
      portNumber: String(port),
      localPortNumber: '0',
      type: 'LocalPortForwarding',
      ...(host === undefined ? {} : { host }),
    },
    ...more,
  });

it('a stream is a connection to the destination, and the end of one the end of the other', async () => {
  using client = await PortClient.open(start(await echo()));
  client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'there'), smuxFrame('SYN', 5)]));
  client.send(smuxFrame('PSH', 5, 'and back'));
  await client.stream(3, 'the echo', (data) => data.equals(Buffer.from('there')));
  await client.stream(5, 'the echo', (data) => data.equals(Buffer.from('and back')));
  client.send(smuxFrame('FIN', 3));
  await client.stream(3, 'the end', (_, ended) => ended);
  client.flag(TERMINATE);
  expect(await client.raw.closed()).toBe('');
});

it('a megabyte arrives whole each way', async () => {
  using client = await PortClient.open(start(await echo(), '127.0.0.1'));
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => (index * 7919) % 251));
  client.send(smuxFrame('SYN', 3));
  for (let at = 0; at < bytes.length; at += 30_000) client.send(smuxFrame('PSH', 3, bytes.subarray(at, at + 30_000)));
  await client.raw.until('a megabyte', () => client.raw.of('output_stream_data').length > 977);
  await client.stream(3, 'all of it', (data) => data.length === bytes.length);
  expect(client.data(3).equals(bytes)).toBe(true);
  const sizes = (await client.payloads(PayloadType.Output, 1)).map(({ length }) => length);
  expect(Math.max(...sizes)).toBe(1024);
  expect(client.smux.every(({ data }) => data.length <= 32_768)).toBe(true);
});

it.each([
  ['refuses', closedPort, '127.0.0.1'],
  ['has a name that nobody knows', echo, 'nobody.invalid'],
])('a destination that %s ends the stream, behind a flag, and not the session', async (_, port, host) => {
  using client = await PortClient.open(start(await port(), host));
  client.send(smuxFrame('SYN', 3));
  expect(await client.payloads(PayloadType.Flag, 1)).toEqual([CONNECT_TO_PORT_ERROR]);
  await client.stream(3, 'the end', (data, ended) => ended && data.length === 0);
  client.send(smuxFrame('SYN', 5));
  expect(await client.payloads(PayloadType.Flag, 2)).toHaveLength(2);
  await client.stream(5, 'the end', (data, ended) => ended);
});

it('what comes before the handshake is complete is acknowledged and thrown away', async () => {
  using raw = await RawClient.open(start(await echo()));
  await raw.until('the request', () => raw.of('output_stream_data').length > 0);
  raw.input(PayloadType.Output, smuxFrame('SYN', 3));
  await raw.until('the acknowledgement', () => raw.of('acknowledge').length > 0);
  raw.input(PayloadType.Output, smuxFrame('PSH', 3, 'lost'));
  await raw.until('the acknowledgement', () => raw.of('acknowledge').length > 1);
  const types = raw.of('output_stream_data').map(({ payloadType }) => payloadType);
  expect(new Set(types)).toEqual(new Set([PayloadType.HandshakeRequest]));
});

it('a session has no encryption, whatever key there is', async () => {
  using client = await PortClient.open(start(await echo(), undefined, { kmsKeyId: 'alias/sessions' }));
  const [request] = await client.payloads(PayloadType.HandshakeRequest, 1);
  expect(request?.toString()).not.toContain('KMSEncryption');
  client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'plain')]));
  await client.stream(3, 'the echo', (data) => data.equals(Buffer.from('plain')));
});

it('there is no way to an address that the agent keeps to itself', async () => {
  using client = await PortClient.open(start(80, '169.254.169.254'));
  expect(await client.raw.closed()).toBe('Forwarding to IP address 169.254.169.254 is forbidden.');
});

describe('the ends of a stream', () => {
  it('are one: a client that has said FIN is not answered any more', async () => {
    const answered = await listen((socket) => {
      socket.resume();
      socket.on('end', () => socket.end('too late'));
    });
    using client = await PortClient.open(start(answered));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'question'), smuxFrame('FIN', 3)]));
    await client.stream(3, 'the end', (_, ended) => ended);
    expect(client.data(3)).toHaveLength(0);
  });

  it('come to the client behind all that the destination had to say', async () => {
    const port = await listen((socket) => socket.end(Buffer.alloc(100_000, 'x')));
    using client = await PortClient.open(start(port));
    client.send(smuxFrame('SYN', 3));
    await client.stream(3, 'the end', (_, ended) => ended);
    expect(client.data(3)).toHaveLength(100_000);
  });

  it('come to the destination as the end of its connection', async () => {
    const port = await listen((socket) => socket.resume().on('end', () => socket.end()));
    const connected = servers.map((server) => once(server, 'connection') as Promise<[Socket]>)[0];
    using client = await PortClient.open(start(port));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('FIN', 3)]));
    const [connection] = (await connected) ?? [];
    if (connection !== undefined && !connection.readableEnded) await once(connection, 'end');
    expect(connection?.readableEnded).toBe(true);
  });
});

it('a destination that does not read holds the whole session up, once four megabytes wait for it', async () => {
  let reads: () => void = () => undefined;
  const port = await listen((socket) => {
    socket.pause();
    reads = () => socket.resume();
  });
  using client = await PortClient.open(start(port));
  client.send(smuxFrame('SYN', 3));
  // More than what the session and the kernel keep.
  const frame = smuxFrame('PSH', 3, Buffer.alloc(32_768 - 8));
  client.send(Buffer.concat(Array.from({ length: 400 }, () => frame)));
  const acknowledged = (): number => client.raw.of('acknowledge').length;
  await untilQuiet(acknowledged);
  expect(acknowledged()).toBeGreaterThan(4096);
  expect(acknowledged()).toBeLessThan(12_800);
  client.flag(TERMINATE);
  await untilQuiet(acknowledged);
  expect(client.raw.of('channel_closed')).toEqual([]);
  reads();
  expect(await client.raw.closed()).toBe('');
});

/** Waits until a number changes no more. */
async function untilQuiet(value: () => number): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 5; quiet = value() === before ? quiet + 1 : 0) {
    before = value();
    await sleep(100);
  }
}

describe('a client that is too old', () => {
  it('to do without keepalive is asked with NOPs, and its session ended when it says nothing', async () => {
    harness.setFaults({ keepAliveIntervalMs: 50, keepAliveTimeoutMs: 200 });
    using client = await PortClient.open(start(await echo()), NEEDS_KEEPALIVE);
    expect(await client.raw.closed()).toBe('');
    expect(client.smux.length).toBeGreaterThan(1);
    expect(client.smux.every(({ command, streamId }) => command === 'NOP' && streamId === 0)).toBe(true);
  });

  it('for that is not asked when it is new enough', async () => {
    harness.setFaults({ keepAliveIntervalMs: 1, keepAliveTimeoutMs: 1 });
    using client = await PortClient.open(start(await echo()));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'there')]));
    await client.stream(3, 'the echo', (data) => data.equals(Buffer.from('there')));
    expect(client.smux.every(({ command }) => command === 'PSH')).toBe(true);
  });

  it.each([
    ['for streams', '1.1.69.0', {}],
    ['and so is the agent', MODERN, { agentVersion: '3.0.196.0' }],
  ])('%s has one connection, without frames', async (_, clientVersion, faults) => {
    harness.setFaults(faults);
    let connections = 0;
    const port = await listen((socket) => {
      connections += 1;
      socket.write(`connection ${connections}\n`);
      socket.pipe(socket);
    });
    using client = await PortClient.open(start(port), clientVersion);
    const shows = (text: string) => client.raw.until(text, () => client.bytes.toString() === text);
    await shows('connection 1\n');
    client.send('hello\n');
    await shows('connection 1\nhello\n');
    // Its own connection has ended: the next bytes are for a new one.
    client.flag(DISCONNECT);
    client.send('again\n');
    await client.raw.until('the second', () => client.bytes.toString().includes('again\n'));
    expect(client.bytes.toString()).toBe('connection 1\nhello\nconnection 2\nagain\n');
    client.flag(TERMINATE);
    expect(await client.raw.closed()).toBe('');
  });

  it('to have streams ends with its destination: it is told why', async () => {
    const port = await closedPort();
    using client = await PortClient.open(start(port), '1.1.69.0');
    expect(await client.raw.closed()).toBe(
      `Unable to connect to specified port: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
  });
});
