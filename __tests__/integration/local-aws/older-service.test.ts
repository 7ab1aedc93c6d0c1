import { once } from 'node:events';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { caller } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';
import { refusedUpgrade } from '../../support/raw-upgrade';
import { keyOf } from '../../support/sign';
import { Destinations } from './agent/destinations';
import { PortClient, smuxFrame } from './agent/port-client';
import { RawClient } from './agent/raw-client';

const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, firstOutputDelayMs: 0 };
const OLD_CLIENT = { headers: {}, clientVersion: '1.2.0.0' };

let cluster: Cluster;
let target: string;

beforeAll(async () => {
  cluster = await startCluster({ faults: QUICK });
  target = await startIdleTask(cluster);
}, 60_000);

afterEach(() => {
  cluster.aws.setFaults(QUICK);
});

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

async function start(more: object): Promise<SessionTicket> {
  const answer = await caller(cluster.aws)('ssm', 'StartSession', { Target: target, ...more });
  const { SessionId, TokenValue, StreamUrl } = answer;
  return { sessionId: String(SessionId), tokenValue: String(TokenValue), streamUrl: String(StreamUrl) };
}

const command = { DocumentName: 'AWS-StartInteractiveCommand', Parameters: { command: ['echo hello'] } };

it('the service of today refuses an old client, the older one takes it', async () => {
  const ticket = await start(command);
  expect((await refusedUpgrade(ticket.streamUrl)).status).toBe(403);
  cluster.aws.setFaults({ ...QUICK, olderService: true });
  using client = await RawClient.open(ticket, OLD_CLIENT);
  await client.closed();
  expect(client.output()).toBe('hello\r\n');
});

it('the older one does not look at the cell number, as old clients keep their URL when they resume', async () => {
  cluster.aws.setFaults({ ...QUICK, olderService: true });
  const { sessionId, streamUrl } = await start(command);
  const { TokenValue } = await caller(cluster.aws)('ssm', 'ResumeSession', { SessionId: sessionId });
  using client = await RawClient.open({ sessionId, streamUrl, tokenValue: String(TokenValue) }, OLD_CLIENT);
  await client.closed();
  expect(client.output()).toBe('hello\r\n');
});

it('the older one has an agent that forwards to hosts on loopback, and that of today has not', async () => {
  using destinations = new Destinations();
  const portNumber = String(await destinations.echo());
  const toHost = {
    DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost',
    Parameters: { host: ['127.0.0.1'], portNumber: [portNumber] },
  };
  using refused = await PortClient.open(await start(toHost), undefined, keyOf(cluster.aws));
  expect(await refused.raw.closed()).toBe('Forwarding to IP address 127.0.0.1 is forbidden.');
  cluster.aws.setFaults({ ...QUICK, olderService: true });
  using client = await PortClient.open(await start(toHost));
  client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'there')]));
  await client.stream(3, 'the echo', (data) => data.equals(Buffer.from('there')));
});

it('what is given beside it holds', async () => {
  cluster.aws.setFaults({ ...QUICK, olderService: true, minimumClientVersion: '1.2.1.0' });
  using client = await RawClient.open(await start(command), OLD_CLIENT);
  const [code, reason] = (await once(client.socket, 'close')) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([1008, 'ClientVersion 1.2.0.0 is not supported: the minimum is 1.2.1.0']);
});
