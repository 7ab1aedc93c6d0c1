import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ssmClient } from '../../../src/aws/clients';
import { AwsCallError } from '../../../src/aws/errors';
import { SessionService } from '../../../src/aws/session-service';
import { type PortDestination, startPortSession } from '../../../src/aws/start-session';
import { requirePostgres } from '../../../src/local-aws/tools';
import { Listener } from '../../../src/tunnel/listener';
import { DestinationError, PortSession } from '../../../src/tunnel/port-session';
import { caller, element, query } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';

const PASSWORD = 'some-password';
const ACCESS = { region: 'ap-northeast-1' };
const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0 };
const NO_SIGNAL = new AbortController().signal;

let cluster: Cluster;
let call: ReturnType<typeof caller>;
let target: string;
let database: PortDestination;

beforeAll(async () => {
  cluster = await startCluster({ faults: QUICK });
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) Reflect.deleteProperty(process.env, name);
  }
  Object.assign(process.env, cluster.aws.environment); // the SDK's
  call = caller(cluster.aws);
  const [started, host] = await Promise.all([startIdleTask(cluster), createDatabase()]);
  target = started;
  database = { host, port: 5432, localPort: 0 };
}, 60_000);

afterEach(() => {
  cluster.aws.setFaults(QUICK);
});

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

/** @returns its endpoint */
async function createDatabase(): Promise<string> {
  const xml = await query(cluster.aws, 'rds', {
    Version: '2014-10-31',
    DBClusterIdentifier: 'db',
    Action: 'CreateDBCluster',
    Engine: 'aurora-postgresql',
    EngineVersion: '15.17',
    DatabaseName: 'mydb',
    MasterUsername: 'owner',
    MasterUserPassword: PASSWORD,
  });
  return element(xml, 'Endpoint');
}

async function openSession(to = database): Promise<PortSession> {
  const client = ssmClient(ACCESS);
  const ticket = await startPortSession(client, target, to, NO_SIGNAL);
  const service = new SessionService(ACCESS, { client, ticket, target: () => target, warn: () => undefined });
  return await PortSession.open(ticket, service.sessionOptions);
}

const program = (name: string): string => join(requirePostgres(), name);

const environment = (port: number): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  PGHOST: database.host,
  PGHOSTADDR: '127.0.0.1',
  PGPORT: String(port),
  PGUSER: 'owner',
  PGPASSWORD: PASSWORD,
  PGDATABASE: 'mydb',
  PGSSLMODE: 'verify-full',
  PGSSLROOTCERT: cluster.aws.databaseAuthority,
});

async function psql(port: number, sql: string): Promise<string> {
  const options = { env: environment(port), maxBuffer: 64 * 1024 * 1024 };
  return (await promisify(execFile)(program('psql'), ['-XAtq', '-c', sql], options)).stdout;
}

const NUMBERS = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');

describe('psql through the listener', () => {
  it('has what it asks for, over TLS and by the database’s own name', async () => {
    await using session = await openSession();
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    expect(await psql(listener.port, 'select generate_series(1, 20000)')).toBe(NUMBERS);
  });

  it('fifty times at once', async () => {
    await using session = await openSession();
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => psql(listener.port, `select ${index} from pg_sleep(0.2)`)),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => `${index}\n`));
  });

  it('works beside one that is not read', async () => {
    await using session = await openSession();
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const copy = `copy (select repeat(md5(n::text), 100) from generate_series(1, 1000) n) to stdout`;
    const slow = spawn(program('psql'), ['-XAtq', '-c', copy], { env: environment(listener.port) });
    await new Promise((resolve) => slow.stdout.once('readable', resolve));
    expect(await psql(listener.port, 'select generate_series(1, 20000)')).toBe(NUMBERS);
    const hash = createHash('md5');
    for await (const chunk of slow.stdout) hash.update(chunk as Buffer);
    const all = `select md5(string_agg(repeat(md5(n::text), 100) || E'\\n', '' order by n)) from generate_series(1, 1000) n`;
    expect(hash.digest('hex')).toBe((await psql(listener.port, all)).trim());
  });

  it('goes on when the connection to AWS is cut in the middle of an answer', async () => {
    cluster.aws.setFaults({ ...QUICK, cutEveryBytes: 40_000 });
    await using session = await openSession();
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    expect(await psql(listener.port, 'select generate_series(1, 20000)')).toBe(NUMBERS);
  });

  it('over a session that is encrypted with a KMS key', async () => {
    const { KeyMetadata } = (await call('kms', 'CreateKey', {})) as { KeyMetadata: { Arn: string } };
    cluster.aws.setFaults({ ...QUICK, kmsKeyId: KeyMetadata.Arn });
    await using session = await openSession();
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    expect(await psql(listener.port, 'select generate_series(1, 20000)')).toBe(NUMBERS);
  });

  it('has its connection reset when the port is wrong', async () => {
    await using session = await openSession({ ...database, port: 5433 });
    const failures: Error[] = [];
    await using listener = await Listener.open({
      port: 0,
      connect: () => session.connect(),
      onFailure: (error) => failures.push(error),
    });
    await expect(psql(listener.port, 'select 1')).rejects.toThrow(/reset|closed/);
    expect(failures[0]).toBeInstanceOf(DestinationError);
    expect(failures[0]?.message).toBe(`The container cannot connect to ${database.host} port 5433`);
  });

  it('that is killed leaves nothing running in the database', async () => {
    await using session = await openSession();
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    await psql(listener.port, 'create table locked (n int)');
    const holder = spawn(program('psql'), ['-XAtq'], { env: environment(listener.port) });
    holder.stdin.write('begin; lock table locked;\n\\echo held\n');
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    holder.kill('SIGKILL');
    // The lock is free when this comes back.
    expect(await psql(listener.port, `set lock_timeout = '30s'; insert into locked values (1) returning n`)).toBe(
      '1\n',
    );
  });
});

describe('StartSession', () => {
  const start = (to: string, destination = database) =>
    startPortSession(ssmClient(ACCESS), to, destination, AbortSignal.timeout(20_000));

  it('waits for an agent that is not connected yet', async () => {
    cluster.aws.setFaults({ ...QUICK, targetNotConnectedMs: 1500 });
    const ticket = await start(await startIdleTask(cluster));
    expect(ticket).toMatchObject({ streamUrl: expect.stringMatching(/^ws/) as string });
  });

  it('says which agent is not there, when it has waited for a minute', async () => {
    jest.spyOn(Date, 'now').mockReturnValueOnce(Date.now() - 61_000); // when it began
    await expect(start('ecs:trial_none_none-1')).rejects.toThrow('The agent in ecs:trial_none_none-1 is not connected');
  });

  it('gives up waiting when it is told to', async () => {
    const starting = startPortSession(ssmClient(ACCESS), 'ecs:trial_none_none-1', database, AbortSignal.timeout(500));
    await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('says what AWS does not like', async () => {
    const starting = start(target, { ...database, host: 'a;b' });
    await expect(starting).rejects.toThrow(AwsCallError);
    await expect(starting).rejects.toThrow(/ssm:StartSession failed: InvalidParameters/);
  });
});
