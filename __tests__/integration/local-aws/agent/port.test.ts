import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PayloadType } from '../../../../src/session/message';
import type { SessionTicket, StartSessionRequest } from '../../../../src/local-aws/gateway';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { PortClient, smuxFrame } from './port-client';
import { RawClient } from './raw-client';

const TERMINATE = 2;
const CONNECT_TO_PORT_ERROR = Buffer.from([0, 0, 0, 3]);

let harness: GatewayHarness;
const servers: Server[] = [];

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0 });
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
  expect(raw.of('output_stream_data').every(({ payloadType }) => payloadType === PayloadType.HandshakeRequest)).toBe(
    true,
  );
});
