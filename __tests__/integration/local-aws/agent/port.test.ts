import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { PayloadType } from '../../../../src/session/message';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { Destinations, forwarding } from './destinations';
import { PortClient, smuxFrame } from './port-client';
import { RawClient } from './raw-client';

const TERMINATE = 2;
const CONNECT_TO_PORT_ERROR = Buffer.from([0, 0, 0, 3]);

let harness: GatewayHarness;
const destinations = new Destinations();

beforeAll(async () => {
  harness = await startGateway(
    { readPauseMs: 0 },
    { kms: () => ({ endpoint: 'http://127.0.0.1:0', key: { accessKeyId: 'local', secretAccessKey: 'local' } }) },
  );
});

afterEach(() => {
  harness.setFaults({});
  destinations[Symbol.dispose]();
});

afterAll(() => harness[Symbol.asyncDispose]());

const start = (port: number, host?: string, more: { kmsKeyId?: string } = {}): SessionTicket =>
  harness.start('', { ...forwarding(port, host), ...more });

it('a stream is a connection to the destination, and the end of one the end of the other', async () => {
  using client = await PortClient.open(start(await destinations.echo()));
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
  using client = await PortClient.open(start(await destinations.echo()));
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
  ['refuses', () => destinations.closed(), undefined],
  ['has a name that nobody knows', () => destinations.echo(), 'nobody.invalid'],
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
  using raw = await RawClient.open(start(await destinations.echo()));
  await raw.until('the request', () => raw.of('output_stream_data').length > 0);
  raw.input(PayloadType.Output, smuxFrame('SYN', 3));
  await raw.until('the acknowledgement', () => raw.of('acknowledge').length > 0);
  raw.input(PayloadType.Output, smuxFrame('PSH', 3, 'lost'));
  await raw.until('the acknowledgement', () => raw.of('acknowledge').length > 1);
  const types = raw.of('output_stream_data').map(({ payloadType }) => payloadType);
  expect(new Set(types)).toEqual(new Set([PayloadType.HandshakeRequest]));
});

it('a session has no encryption, whatever key there is', async () => {
  using client = await PortClient.open(start(await destinations.echo(), undefined, { kmsKeyId: 'alias/sessions' }));
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
    const answered = await destinations.listen((socket) => {
      socket.resume();
      socket.on('end', () => socket.end('too late'));
    });
    using client = await PortClient.open(start(answered));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'question'), smuxFrame('FIN', 3)]));
    await client.stream(3, 'the end', (_, ended) => ended);
    expect(client.data(3)).toHaveLength(0);
  });

  it('come to the client behind all that the destination had to say', async () => {
    const port = await destinations.listen((socket) => socket.end(Buffer.alloc(100_000, 'x')));
    using client = await PortClient.open(start(port));
    client.send(smuxFrame('SYN', 3));
    await client.stream(3, 'the end', (_, ended) => ended);
    expect(client.data(3)).toHaveLength(100_000);
  });

  it('come to the destination as the end of its connection', async () => {
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const port = await destinations.listen((socket) => socket.resume().on('end', ended));
    using client = await PortClient.open(start(port));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('FIN', 3)]));
    await end;
  });
});

it('a destination that does not read holds the whole session up, once four megabytes wait for it', async () => {
  let reads: () => void = () => undefined;
  const port = await destinations.listen((socket) => {
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
