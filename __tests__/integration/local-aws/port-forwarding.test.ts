import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { requirePostgres } from '../../../src/local-aws/tools';
import { caller, element, query } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';
import { keyOf } from '../../support/sign';
import { Destinations } from './agent/destinations';
import { MODERN, PortClient, smuxFrame } from './agent/port-client';

const TO_HOST = 'AWS-StartPortForwardingSessionToRemoteHost';
const TO_CONTAINER = 'AWS-StartPortForwardingSession';
const PASSWORD = 'some-password';
const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, readPauseMs: 0 };

let cluster: Cluster;
let call: ReturnType<typeof caller>;
let target: string;
let writer: string;
let reader: string;
const destinations = new Destinations();

beforeAll(async () => {
  cluster = await startCluster({ faults: QUICK });
  call = caller(cluster.aws);
  [target] = await Promise.all([startIdleTask(cluster), createDatabase()]);
}, 60_000);

afterEach(() => {
  cluster.aws.setFaults(QUICK);
  destinations[Symbol.dispose]();
});

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

const rds = (form: Record<string, string>): Promise<string> =>
  query(cluster.aws, 'rds', { Version: '2014-10-31', DBClusterIdentifier: 'db', ...form });

async function createDatabase(): Promise<void> {
  const xml = await rds({
    Action: 'CreateDBCluster',
    Engine: 'aurora-postgresql',
    EngineVersion: '15.17',
    DatabaseName: 'mydb',
    MasterUsername: 'owner',
    MasterUserPassword: PASSWORD,
  });
  [writer, reader] = [element(xml, 'Endpoint'), element(xml, 'ReaderEndpoint')];
}

async function forward(DocumentName: string, parameters: Record<string, string>, Target = target) {
  const Parameters = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]]));
  const answer = await call('ssm', 'StartSession', { Target, DocumentName, Parameters });
  const { SessionId, TokenValue, StreamUrl } = answer as Record<string, string>;
  return { sessionId: SessionId, tokenValue: TokenValue, streamUrl: StreamUrl } as SessionTicket;
}

const openPort = (ticket: SessionTicket): Promise<PortClient> => PortClient.open(ticket, MODERN, keyOf(cluster.aws));

const toDatabase = (host: string) => forward(TO_HOST, { host, portNumber: '5432' });

/** Runs SQL through a session, whose near end is a port of ours. */
async function psql(client: PortClient, host: string, sql: string): Promise<{ answer: string; stderr: string }> {
  using near = new Destinations();
  const streams: Promise<void>[] = [];
  const port = await near.listen((socket) => {
    const id = client.newStream();
    let shown = 0;
    client.send(smuxFrame('SYN', id));
    socket.on('data', (data: Buffer) => {
      for (let at = 0; at < data.length; at += 32_768) {
        client.send(smuxFrame('PSH', id, data.subarray(at, at + 32_768)));
      }
    });
    socket.on('end', () => {
      client.send(smuxFrame('FIN', id));
    });
    const passed = client.stream(id, 'the end', (data, ended) => {
      socket.write(data.subarray(shown));
      shown = data.length;
      if (ended) socket.end();
      return ended;
    });
    streams.push(passed);
  });
  const child = spawn(join(requirePostgres(), 'psql'), ['-XAtq', '-c', sql], {
    env: {
      PGHOST: host,
      PGHOSTADDR: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: 'owner',
      PGPASSWORD: PASSWORD,
      PGDATABASE: 'mydb',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: cluster.aws.databaseAuthority,
    },
  });
  const output = { answer: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (output.answer += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
  await once(child, 'close');
  await Promise.all(streams);
  return output;
}

const isFlagged = async (client: PortClient): Promise<void> => {
  const id = client.newStream();
  client.send(smuxFrame('SYN', id));
  await client.stream(id, 'the end', (data, ended) => ended && data.length === 0);
  expect(client.frames().map(({ payload }) => payload)).toContainEqual(Buffer.from([0, 0, 0, 3]));
};

describe('the endpoints of a cluster', () => {
  it.each([
    ['writer', () => writer],
    ['reader', () => reader],
  ])('lead to its PostgreSQL, which is what its certificate says: the %s', async (_, endpoint) => {
    const host = endpoint();
    using client = await openPort(await toDatabase(host));
    const { answer, stderr } = await psql(client, host, 'select generate_series(1, 50000)');
    expect(stderr).toBe('');
    expect(answer).toBe(Array.from({ length: 50_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it('lead nowhere by another port', async () => {
    using client = await openPort(await forward(TO_HOST, { host: writer, portNumber: '5433' }));
    await isFlagged(client);
  });

  it('refuse while the database is stopped, also for sessions that were there', async () => {
    using client = await openPort(await toDatabase(writer));
    await rds({ Action: 'StopDBCluster' });
    try {
      await isFlagged(client);
    } finally {
      await rds({ Action: 'StartDBCluster' });
    }
    expect((await psql(client, writer, 'select 1')).answer).toBe('1\n');
  });

  it('refuse when RDS is made to say that the database is stopped', async () => {
    cluster.aws.setFaults({ ...QUICK, databaseStatus: 'stopped' });
    using client = await openPort(await toDatabase(writer));
    await isFlagged(client);
  });

  it('are silent when a security group is', async () => {
    cluster.aws.setFaults({ ...QUICK, databaseSilent: true });
    using client = await openPort(await toDatabase(writer));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'anybody there?')]));
    await client.raw.until('the acknowledgement', () => client.raw.of('acknowledge').length > 1);
    expect(client.smux).toEqual([]);
  });
});

it('a name that nobody has is told as a destination that fails', async () => {
  using client = await openPort(await toDatabase('db.cluster-none.ap-northeast-1.rds.amazonaws.com'));
  await isFlagged(client);
});

it('the document without a host leads to the container itself', async () => {
  const server = createHttpServer((_, response) => response.end('from the container'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const portNumber = String((server.address() as AddressInfo).port);
    using client = await openPort(await forward(TO_CONTAINER, { portNumber, localPortNumber: '8080' }));
    client.send(Buffer.concat([smuxFrame('SYN', 3), smuxFrame('PSH', 3, 'GET / HTTP/1.0\r\n\r\n')]));
    await client.stream(3, 'the answer', (data) => data.toString().endsWith('from the container'));
  } finally {
    server.close();
  }
});

describe('StartSession', () => {
  it.each([
    [TO_HOST, { host: 'a;b' }, undefined, /^InvalidParameters: /],
    [TO_HOST, { portNumber: '70000' }, undefined, /^InvalidParameters: /],
    ['AWS-StartPortForwarding', {}, undefined, /^InvalidDocument: /],
    [TO_HOST, {}, 'ecs:trial_none_none-1', /^TargetNotConnected: /],
  ] as const)('of %s with %j is refused', async (document, parameters, to, message) => {
    await expect(forward(document, parameters, to)).rejects.toThrow(message);
  });

  it('makes a session that is described, resumed and terminated', async () => {
    const { sessionId } = await toDatabase(writer);
    const described = async (): Promise<readonly unknown[]> =>
      (
        (await call('ssm', 'DescribeSessions', { State: 'Active' })) as { Sessions: { SessionId: string }[] }
      ).Sessions.filter(({ SessionId }) => SessionId === sessionId);
    expect(await described()).toMatchObject([{ Target: target, Status: 'Connected' }]);
    const resumed = (await call('ssm', 'ResumeSession', { SessionId: sessionId })) as Record<string, string>;
    using client = await openPort({
      sessionId,
      tokenValue: String(resumed.TokenValue),
      streamUrl: String(resumed.StreamUrl),
    });
    await call('ssm', 'TerminateSession', { SessionId: sessionId });
    expect(await client.raw.closed()).toBe('');
    expect(await described()).toEqual([]);
  });

  it('makes a session that ends with its task', async () => {
    const other = await startIdleTask(cluster);
    using client = await openPort(await forward(TO_HOST, { host: writer, portNumber: '5432' }, other));
    await call('ecs', 'StopTask', { cluster: cluster.name, task: other.split('_')[1] });
    expect(await client.raw.closed()).toBe('');
  });
});
