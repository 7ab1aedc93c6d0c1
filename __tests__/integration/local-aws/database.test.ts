import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWithMoto } from '../../../src/local-aws/moto';
import { requirePostgres, requirePython } from '../../../src/local-aws/tools';
import { element, query, temporaryDirectory } from '../../support/bastion';
import { call, type Cluster, startCluster } from '../../support/cluster';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

const rds = (form: Record<string, string>): Promise<string> =>
  query(cluster.aws, 'rds', { Version: '2014-10-31', ...form });

const createCluster = (id: string, more: Record<string, string>): Promise<string> =>
  rds({
    Action: 'CreateDBCluster',
    DBClusterIdentifier: id,
    Engine: 'aurora-postgresql',
    EngineVersion: '15.17',
    DatabaseName: 'mydb',
    MasterUsername: 'postgres',
    ...more,
  });

interface Login {
  readonly username: string;
  readonly password: string;
}

/** What the secret says that RDS keeps. */
async function loginOf(xml: string): Promise<Login> {
  const { SecretString } = await call(cluster, 'secretsmanager', 'GetSecretValue', {
    SecretId: element(xml, 'SecretArn'),
  });
  return JSON.parse(String(SecretString)) as Login;
}

/** Runs SQL in the cluster's server, as a client outside of any container. */
function psql(id: string, login: Login, sql: string, dbname = 'mydb') {
  return psqlAt({ port: portOf(id), dbname }, login, sql);
}

function psqlAt(connection: Record<string, string>, { username, password }: Login, sql: string) {
  const { status, stdout, stderr } = spawnSync(join(requirePostgres(), 'psql'), ['-XAtq', '-c', sql], {
    env: Object.fromEntries(
      Object.entries({ hostaddr: '127.0.0.1', dbname: 'mydb', user: username, password, ...connection }).map(
        ([name, value]) => [VARIABLES[name as keyof typeof VARIABLES], value],
      ),
    ),
    encoding: 'utf8',
  });
  return { status, answer: stdout.trim(), stderr };
}

const VARIABLES = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
};

/** From the postmaster's own pid file: AWS would not say where a server listens on this machine. */
function portOf(id: string): string {
  const { stdout } = spawnSync('sed', ['-n', '4p', join(dataOf(id), 'postmaster.pid')], { encoding: 'utf8' });
  return stdout.trim();
}

const dataOf = (id: string): string =>
  join(String(cluster.aws.variables.CDKTF_OUTPUT), `../postgres/ap-northeast-1-${id}`);

describe('an Aurora cluster', () => {
  it('lets its master user in with the password in the secret, and with no other', async () => {
    const login = await loginOf(await createCluster('managed', { ManageMasterUserPassword: 'true' }));
    expect(login.username).toBe('postgres');
    expect(login.password).not.toBe('P@55w0rd!');
    expect(login.password).not.toMatch(/[/'"@ ]/);
    expect(psql('managed', login, 'select current_user || current_database()').answer).toBe('postgresmydb');
    const wrong = psql('managed', { ...login, password: 'P@55w0rd!' }, 'select 1');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(/password authentication failed/);
  });

  it('gives its master user what RDS gives: databases and roles, but no superuser', async () => {
    const login = { username: 'owner', password: 'it\'s \\ "quoted"' };
    await createCluster('given', { MasterUsername: login.username, MasterUserPassword: login.password });
    const { answer } = psql(
      'given',
      login,
      'select rolsuper, rolcreatedb, rolcreaterole, aurora_version() from pg_roles where rolname = current_user',
    );
    expect(answer).toBe('f|t|t|15.17');
    expect(psql('given', login, 'create table mine (n int); create schema own; create role other').status).toBe(0);
    expect(psql('given', login, "copy mine from program 'id'").stderr).toMatch(/permission denied|must be superuser/);
  });

  it('takes a new password, given or managed', async () => {
    const before = { username: 'postgres', password: 'first-password' };
    await createCluster('changing', { MasterUserPassword: before.password });
    await rds({ Action: 'ModifyDBCluster', DBClusterIdentifier: 'changing', MasterUserPassword: 'second-password' });
    expect(psql('changing', before, 'select 1').status).toBe(2);
    expect(psql('changing', { ...before, password: 'second-password' }, 'select 1').answer).toBe('1');
    const xml = await rds({
      Action: 'ModifyDBCluster',
      DBClusterIdentifier: 'changing',
      ManageMasterUserPassword: 'true',
    });
    expect(psql('changing', await loginOf(xml), 'select 1').answer).toBe('1');
    expect(psql('changing', { ...before, password: 'second-password' }, 'select 1').status).toBe(2);
  });

  it('has the database postgres when none is named', async () => {
    const login = { username: 'postgres', password: 'some-password' };
    await createCluster('plain', { DatabaseName: 'postgres', MasterUserPassword: login.password });
    expect(psql('plain', login, 'create schema own; select 1', 'postgres').answer).toBe('1');
  });

  it('reports its instances as they were asked for, and no scaling configuration', async () => {
    const created = await rds({
      Action: 'CreateDBInstance',
      DBClusterIdentifier: 'managed',
      DBInstanceIdentifier: 'managed-1',
      DBInstanceClass: 'db.t4g.medium',
      Engine: 'aurora-postgresql',
      MonitoringInterval: '60',
      MonitoringRoleArn: 'arn:aws:iam::123456789012:role/monitoring',
      EnablePerformanceInsights: 'true',
    });
    const described = await rds({ Action: 'DescribeDBInstances', DBInstanceIdentifier: 'managed-1' });
    for (const xml of [created, described]) {
      expect(element(xml, 'MonitoringInterval')).toBe('60');
      expect(element(xml, 'MonitoringRoleArn')).toBe('arn:aws:iam::123456789012:role/monitoring');
      expect(element(xml, 'PerformanceInsightsEnabled')).toBe('true');
    }
    expect(await rds({ Action: 'DescribeDBClusters' })).not.toContain('ScalingConfigurationInfo');
  });

  it('refuses connections while it is stopped, and has its data when it is started again', async () => {
    const login = { username: 'postgres', password: 'some-password' };
    await createCluster('resting', { MasterUserPassword: login.password });
    expect(psql('resting', login, 'create table kept as select 7 as n').status).toBe(0);
    const port = portOf('resting');
    await rds({ Action: 'StopDBCluster', DBClusterIdentifier: 'resting' });
    expect(psqlAt({ port }, login, 'select 1').stderr).toMatch(/Connection refused/);
    await rds({ Action: 'StartDBCluster', DBClusterIdentifier: 'resting' });
    expect(psqlAt({ port }, login, 'select n from kept').answer).toBe('7');
  });

  it('is gone with its data when it is deleted', async () => {
    await createCluster('short', { MasterUserPassword: 'some-password' });
    const data = dataOf('short');
    expect(existsSync(data)).toBe(true);
    await rds({ Action: 'DeleteDBCluster', DBClusterIdentifier: 'short', SkipFinalSnapshot: 'true' });
    expect(existsSync(data)).toBe(false);
  });
});

describe('TLS', () => {
  const login = { username: 'postgres', password: 'some-password' };
  const ENCRYPTED = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
  const endpoints: Record<'Endpoint' | 'ReaderEndpoint' | 'Address', string> = {
    Endpoint: '',
    ReaderEndpoint: '',
    Address: '',
  };
  const verified = (host: string, sslrootcert = cluster.aws.databaseAuthority) =>
    psqlAt({ host, port: portOf('shown'), sslmode: 'verify-full', sslrootcert }, login, ENCRYPTED);

  beforeAll(async () => {
    const xml = await createCluster('shown', { MasterUserPassword: login.password });
    await rds({
      Action: 'CreateDBInstance',
      DBClusterIdentifier: 'shown',
      DBInstanceIdentifier: 'shown-1',
      DBInstanceClass: 'db.t4g.medium',
      Engine: 'aurora-postgresql',
    });
    const instances = await rds({ Action: 'DescribeDBInstances', DBInstanceIdentifier: 'shown-1' });
    Object.assign(endpoints, {
      Endpoint: element(xml, 'Endpoint'),
      ReaderEndpoint: element(xml, 'ReaderEndpoint'),
      Address: element(instances, 'Address'),
    });
  });

  it.each(['Endpoint', 'ReaderEndpoint', 'Address'] as const)(
    'shows a certificate for its %s, signed by the authority of this AWS',
    (name) => {
      expect(endpoints[name]).toMatch(/\.rds\.amazonaws\.com$/);
      expect(verified(endpoints[name])).toEqual({ status: 0, answer: 't', stderr: '' });
    },
  );

  it('shows none for another name', () => {
    expect(verified('localhost').stderr).toMatch(/does not match host name "localhost"/);
  });

  it('is not trusted by those who trust another authority', () => {
    const script = join(__dirname, '../../../src/local-aws/certificates.py');
    const folder = join(temporaryDirectory(), 'other');
    expect(
      spawnSync(
        pythonWithMoto(requirePython(), () => undefined),
        [script, 'authority', folder],
      ).status,
    ).toBe(0);
    expect(verified(endpoints.Endpoint, join(folder, 'authority.pem')).stderr).toMatch(/certificate verify failed/);
  });

  it('is there for those who ask for it, and only for them', () => {
    const encrypted = (sslmode: string) => psqlAt({ port: portOf('shown'), sslmode }, login, ENCRYPTED).answer;
    expect([encrypted('disable'), encrypted('prefer')]).toEqual(['f', 't']);
  });

  it('is told to commands: a psql of theirs knows the authority', () => {
    expect(cluster.aws.environment.PGSSLROOTCERT).toBe(cluster.aws.databaseAuthority);
    expect(cluster.aws.variables.PGSSLROOTCERT).toBe(cluster.aws.databaseAuthority);
  });
});
