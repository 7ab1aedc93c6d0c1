import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { Destinations, forwarding } from './destinations';
import { MODERN, NEEDS_KEEPALIVE, PortClient, smuxFrame } from './port-client';

const DISCONNECT = 1;
const TERMINATE = 2;

let harness: GatewayHarness;
const destinations = new Destinations();

beforeAll(async () => {
  harness = await startGateway({ readPauseMs: 0 });
});

afterEach(() => {
  harness.setFaults({});
  destinations[Symbol.dispose]();
});

afterAll(() => harness[Symbol.asyncDispose]());

const start = (port: number): SessionTicket => harness.start('', forwarding(port));

describe('a client that is too old', () => {
  it('to do without keepalive is asked with NOPs, and its session ended when it says nothing', async () => {
    harness.setFaults({ keepAliveIntervalMs: 50, keepAliveTimeoutMs: 200 });
    using client = await PortClient.open(start(await destinations.echo()), NEEDS_KEEPALIVE);
    expect(await client.raw.closed()).toBe('');
    expect(client.smux.length).toBeGreaterThan(1);
    expect(client.smux.every(({ command, streamId }) => command === 'NOP' && streamId === 0)).toBe(true);
  });

  it('for that is not asked when it is new enough', async () => {
    harness.setFaults({ keepAliveIntervalMs: 1, keepAliveTimeoutMs: 1 });
    using client = await PortClient.open(start(await destinations.echo()));
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
    const port = await destinations.listen((socket) => {
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
    const port = await destinations.closed();
    using client = await PortClient.open(start(port), '1.1.69.0');
    expect(await client.raw.closed()).toBe(
      `Unable to connect to specified port: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
  });
});
