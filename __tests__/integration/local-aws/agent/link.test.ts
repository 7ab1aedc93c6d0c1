import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from '../../../../src/local-aws/gateway';
import { requirePython } from '../../../../src/local-aws/tools';
import { PayloadType } from '../../../../src/session/message';
import { temporaryDirectory } from '../../../support/bastion';
import { hostOf } from './host';
import { RawClient } from './raw-client';

const idPrefix = 'ecs-execute-command';
const server = createServer();
let bytesPerSecond = 0;
const gateway = new Gateway({
  streamOrigin: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
  python: requirePython(),
  faults: () => ({ firstOutputDelayMs: 0, readPauseMs: 0, bytesPerSecond }),
});
/** The connections of data channels, in the order in which they were made. */
const connections: Socket[] = [];

beforeAll(async () => {
  server.on('upgrade', (request, socket: Socket, head) => {
    connections.push(socket);
    gateway.handleUpgrade(request, socket, head);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(() => {
  bytesPerSecond = 0;
  connections.length = 0;
});

afterAll(async () => {
  await gateway.close();
  server.close();
});

const start = (command: string, environment: NodeJS.ProcessEnv = {}) =>
  gateway.startSession({ host: hostOf(temporaryDirectory(), environment), command, idPrefix });

it('a cut of the agent’s connection loses nothing and doubles nothing', async () => {
  using client = await RawClient.open(start(`sh -c 'for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 0.1; done'`));
  await client.shows('2\r\n');
  // The client was there first.
  connections.at(1)?.destroy();
  expect(await client.closed()).toBe('');
  expect(client.output()).toBe('1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n');
  expect(connections).toHaveLength(3);
  // From the agent's coming, its going and its coming again.
  const publications = client.received
    .map(({ messageType }) => messageType)
    .filter((type) => type.endsWith('_publication'));
  expect(publications).toEqual([
    'pause_publication',
    'start_publication',
    'pause_publication',
    'start_publication',
    'pause_publication',
  ]);
});

it('a client that reads nothing stops the command, and its going leaves an agent that listens', async () => {
  const ticket = start(`sh -c 'stty -echo; seq 1 100000000'`);
  const slow = await RawClient.open(ticket);
  await slow.shows('100\r\n');
  slow.socket.pause();
  const agent = connections.at(1);
  if (agent === undefined) throw new Error('the agent has no connection');
  // The gateway reads the agent until a megabyte waits for the client, and then no more.
  let read = -1;
  for (let quiet = 0; quiet < 5; quiet = agent.bytesRead === read ? quiet + 1 : 0) {
    read = agent.bytesRead;
    await sleep(100);
  }
  expect(read).toBeLessThan(32 * 1024 * 1024);
  slow.socket.terminate();
  const resumed = gateway.resumeSession(ticket.sessionId);
  if (resumed === undefined) throw new Error('the session is gone');
  using client = await RawClient.open(resumed);
  await client.until('both', () => client.of('start_publication').length > 0);
  client.input(PayloadType.Size, '{"cols":80,"rows":24}');
  await client.until('the acknowledgement', () => client.of('acknowledge').length > 0);
  gateway.terminateSession(ticket.sessionId);
});

it('a frame of more than four megabytes is refused', async () => {
  const ticket = start('sleep 1000');
  using client = await RawClient.open(ticket);
  const closed = once(client.socket, 'close');
  client.input(PayloadType.Output, Buffer.alloc(4 * 1024 * 1024));
  expect((await closed)[0]).toBe(1009);
  gateway.terminateSession(ticket.sessionId);
});

it('a token opens one connection, and the next takes the session over', async () => {
  const ticket = start('sh');
  using first = await RawClient.open(ticket);
  await first.until('the prompt', () => first.output() !== '');
  using second = await RawClient.open(ticket);
  expect((await once(second.socket, 'close'))[0]).toBe(1008);
  const resumed = gateway.resumeSession(ticket.sessionId);
  if (resumed === undefined) throw new Error('the session is gone');
  expect(new URL(resumed.streamUrl).pathname).toBe(new URL(ticket.streamUrl).pathname);
  const cut = once(first.socket, 'close');
  using third = await RawClient.open(resumed);
  expect((await cut)[0]).toBe(1006);
  third.input(PayloadType.Output, 'exit\r');
  expect(await third.closed()).toBe('');
});

describe('the command has the environment of its container', () => {
  const environment = async (more: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, string>> => {
    using client = await RawClient.open(start('env', more));
    await client.closed();
    const lines = client
      .output()
      .split('\r\n')
      .filter((line) => line !== '');
    return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  };

  it('with TERM always, and LANG where there is none', async () => {
    const variables = await environment({ TERM: 'dumb' });
    expect([variables.get('TERM'), variables.get('LANG')]).toEqual(['xterm-256color', 'C.UTF-8']);
    expect((await environment({ LANG: '' })).get('LANG')).toBe('C.UTF-8');
  });

  it('and nothing else', async () => {
    const names = (await environment({ LANG: 'C' })).keys();
    expect([...names].toSorted()).toEqual(['AGENT_TEST_CONTAINER', 'HOME', 'LANG', 'PATH', 'TERM']);
  });
});

it('a slow network of the client holds the agent up, and can become a quick one', async () => {
  bytesPerSecond = 200_000;
  const ticket = start(`sh -c 'stty -echo; seq 1 200000'`);
  using client = await RawClient.open(ticket);
  const bytes = (): number => client.received.reduce((sum, { payload }) => sum + 120 + payload.length, 0);
  await client.shows('1\r\n');
  const startedAt = performance.now();
  await client.until('100 kB', () => bytes() > 100_000);
  expect(performance.now() - startedAt).toBeGreaterThan(400);
  // What waits in the gateway is bounded, and what it has not read waits in the agent.
  expect((connections.at(1)?.bytesRead ?? 0) - bytes()).toBeLessThan(512 * 1024);
  bytesPerSecond = 0;
  await client.shows('200000\r\n');
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});
