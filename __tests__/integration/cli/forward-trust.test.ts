import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { requirePostgres } from '../../../src/local-aws/tools';
import { type Bastion, caller, FAST, startBastion, startTask } from '../../support/bastion';
import { type Helper, runHelper, startHelper } from '../../support/helper';
import { Destinations } from '../local-aws/agent/destinations';

let bastion: Bastion;
/** A home without certificates of anybody's. */
let home: string;
/** One for all: what is looked at here is this side. */
let task: string;
let helpers: Helper[] = [];

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
  home = mkdtempSync(join(bastion.directory, 'home-'));
  task = await startTask(bastion);
}, 60_000);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

afterEach(async () => {
  for (const { process, exitCode } of helpers) {
    process.kill('SIGTERM');
    await exitCode;
  }
  helpers = [];
}, 30_000);

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...bastion.aws.environment,
  PATH: `${requirePostgres()}:${process.env.PATH ?? ''}`,
  HOME: home,
  PGSSLROOTCERT: undefined,
  ...more,
});
const inTask = (...argv: string[]): string[] => ['--outputs', bastion.outputsFile, '--task', task, 'forward', ...argv];
const forward = (env: NodeJS.ProcessEnv, ...argv: string[]): ReturnType<typeof runHelper> =>
  runHelper(inTask(...argv), environment(env));
const authority = (): { PGSSLROOTCERT: string } => ({ PGSSLROOTCERT: bastion.aws.databaseAuthority });
const folder = (): string => join(mkdtempSync(join(bastion.directory, 's-')), 'pg');

async function listen(env: NodeJS.ProcessEnv, ...argv: string[]): Promise<Helper> {
  const started = startHelper(inTask(...argv), environment(env));
  helpers.push(started);
  await started.tells(/Ctrl-C closes/);
  return started;
}

/** Tries to log in; what the server or libpq says stands in the error. */
async function query(sql: string, ...argv: string[]): Promise<string> {
  return (await promisify(execFile)('psql', ['-XAtqw', ...argv, '-c', sql], { env: environment() })).stdout.trim();
}

/** A folder with a file that has the name of a socket. */
function occupied(): string {
  const path = mkdtempSync(join(bastion.directory, 's-'));
  writeFileSync(join(path, 'x:1'), '');
  return path;
}

/** A file with certificates of others. */
function strangers(): string {
  const file = join(bastion.directory, 'strangers.pem');
  writeFileSync(file, rootCertificates.slice(0, 2).join('\n'));
  return file;
}

/** A deployment whose task knows the database as it is said. @returns its outputs */
async function aliased(variables: Readonly<Record<string, string>>): Promise<string> {
  const call = caller(bastion.aws);
  const { taskDefinition } = (await call('ecs', 'DescribeTaskDefinition', { taskDefinition: 'aurora-bg-bastion' })) as {
    taskDefinition: { containerDefinitions: [{ environment: { name: string; value: string }[] }] };
  };
  const [container] = taskDefinition.containerDefinitions;
  const known = container.environment.filter(({ name }) => !(name in variables));
  const more = Object.entries(variables).map(([name, value]) => ({ name, value }));
  await call('ecs', 'RegisterTaskDefinition', {
    ...taskDefinition,
    family: 'aliased',
    containerDefinitions: [{ ...container, environment: [...known, ...more] }],
  });
  const file = join(bastion.directory, 'aliased.json');
  writeFileSync(file, readFileSync(bastion.outputsFile, 'utf8').replaceAll(/aurora-bg-bastion(?=")/g, 'aliased'));
  return file;
}

describe('where nothing checks the certificate', () => {
  const NOTE =
    /^Note: nothing checks the database's certificate, so whoever answers is taken for it\. To have it checked, once: curl --create-dirs -o ~\/\.postgresql\/root\.crt https:\S+$/m;

  it('says so to whom runs a command, and the command goes on', async () => {
    const { output, story, exitCode } = await forward({}, '--', 'psql -XAtqwc "select 6 * 7"; echo "$DATABASE_URL"');
    expect(output).toMatch(/^42\npostgresql:\S+sslmode=require\n$/);
    expect(story).toMatch(NOTE);
    expect(exitCode).toBe(0);
  });

  it('says so to whom gets lines, and not where there is no database', async () => {
    expect((await listen({}, '--port', '0')).story()).toMatch(NOTE);
    expect((await listen({}, '--remote', 'localhost:9', '--port', '0')).story()).not.toContain('Note:');
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['without certificates', {}, 'To have it checked, once: curl '],
    ['by PGSSLMODE', { PGSSLMODE: 'require', PGSSLROOTCERT: __filename }, 'unset PGSSLMODE, which is require'],
  ])('gives no token of IAM %s, and opens nothing', async (_, env, remedy) => {
    const { output, story, exitCode } = await forward(env, '--iam', '-U', 'app', '--', 'cat "$PGPASSFILE"');
    expect([output, exitCode]).toEqual(['', 1]);
    expect(story).toContain("Error: --iam sends its token to whoever answers, and nothing checks the database's");
    expect(story).toContain(remedy);
    expect(story).toContain('--no-verify-ssl');
    expect(story).not.toContain('Opening');
  });

  it('gives one where the risk is taken', async () => {
    const { output, story } = await forward({}, '--iam', '--no-verify-ssl', '-U', 'app', '--', 'cat "$PGPASSFILE"');
    expect(output).toContain(':app:');
    expect(story).toMatch(/^Note: nothing checks .*, as --no-verify-ssl asks$/m);
  });
});

describe('the user’s own variables', () => {
  it('lead no command elsewhere', async () => {
    const service = join(bastion.directory, 'service.conf');
    writeFileSync(service, '[other]\nhost=/no/such/folder\nport=1\n');
    const env = { PGSERVICE: 'other', PGSERVICEFILE: service, PGTARGETSESSIONATTRS: 'standby' };
    const [byPort, bySocket] = [
      await forward(env, '--', 'psql -XAtqwc "select 1" 2>&1'),
      await forward(
        { ...env, ...authority(), PGCHANNELBINDING: 'require' },
        ...['--socket', folder(), '--', 'psql -XAtqwc "select 2" 2>&1'],
      ),
    ];
    expect([byPort.output, bySocket.output]).toEqual(['1\n', '2\n']);
  });

  it('have nothing checked with --no-verify-ssl, nor does libpq’s usual file', async () => {
    const other = mkdtempSync(join(bastion.directory, 'home-'));
    mkdirSync(join(other, '.postgresql'));
    copyFileSync(strangers(), join(other, '.postgresql', 'root.crt'));
    const env = { HOME: other, PGSSLROOTCERT: strangers() };
    const sql = 'psql -XAtqwc "select ssl from pg_stat_ssl where pid = pg_backend_pid()" 2>&1';
    expect((await forward(env, '--no-verify-ssl', '--', sql)).output).toBe('t\n');
    expect((await forward(env, '--', sql)).output).toContain('certificate verify failed');
  });

  it('name no file that is not there: nothing is opened', async () => {
    const { story, exitCode } = await forward({ PGSSLROOTCERT: '/no/such.pem' }, '--', 'true');
    expect(story).toContain('There is no file /no/such.pem');
    expect(story).not.toContain('Opening');
    expect(exitCode).toBe(1);
  });
});

describe('DATABASE_URL', () => {
  it('has the certificate checked', async () => {
    const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    const line = `unset PGSSLMODE PGSSLROOTCERT PGHOSTADDR; psql "$DATABASE_URL" -XAtqwc '${sql}'`;
    const { output, story } = await forward(authority(), '--', line);
    expect(output).toBe('t\n');
    expect(story).not.toContain('Note:');
    const refused = await forward({ PGSSLROOTCERT: strangers() }, '--', `${line} 2>&1`);
    expect(refused.output).toContain('certificate verify failed');
  });
});

describe('a unix socket', () => {
  it('is for its owner alone, leads to the database over checked TLS, and goes', async () => {
    const directory = folder();
    const { output, story, exitCode } = await forward(
      { ...authority(), PGHOSTADDR: '127.0.0.9', PGSSLMODE: 'verify-full' },
      ...['--socket', directory, '--'],
      'stat -c %a "$PGHOST"; psql -XAtqwc "select current_database(), ssl from pg_stat_ssl where pid = pg_backend_pid()"; psql "$DATABASE_URL" -XAtqwc "select 1"; echo "$FORWARDED_SOCKETS"; env | grep -cE "^(PGHOSTADDR|PGSSLROOTCERT|FORWARDED_PORTS)="',
    );
    const socket = join(directory, '.s.PGSQL.5432');
    expect(output).toBe(`700\nmydb|t\n1\n${socket}\n0\n`);
    expect(story).toContain(`${socket} → writer (`);
    expect(exitCode).toBe(1); // grep's
    expect(existsSync(directory)).toBe(false);
  });

  it('comes with lines that work, and several in one folder', async () => {
    const directory = folder();
    const open = await listen(authority(), '--socket', directory, '--writer', '--reader');
    const line = /^psql:\n {2}(.*)$/m.exec(open.output())?.[1] ?? '';
    const { output: secret } = await forward(authority(), '--socket', folder(), '--', 'printf %s "$PGPASSWORD"');
    const env = environment({ PGPASSWORD: secret });
    expect((await promisify(execFile)('sh', ['-c', `${line} -XAtqwc 'select 1'`], { env })).stdout).toBe('1\n');
    expect(open.story()).toContain(`${join(directory, '.s.PGSQL.5433')} → reader (`);
    open.process.kill('SIGINT');
    expect(await open.exitCode).toBe(130);
    expect(existsSync(directory)).toBe(false);
  });

  it('lets a query be cancelled, which is a connection of its own, and leaves none behind', async () => {
    const { output } = await forward(
      authority(),
      ...['--socket', folder(), '--'],
      `psql -Xqwc "select pg_sleep(100)" 2>&1 & until psql -XAtqwc "select count(*) from pg_stat_activity where query like 'select pg_sleep%'" | grep -qx 1; do :; done; kill -INT $!; wait $!
       until psql -XAtqwc "select count(*) from pg_stat_activity where usename = current_user" | grep -qx 1; do :; done; echo alone`,
    );
    expect(output).toContain('canceling statement due to user request');
    expect(output).toMatch(/^alone$/m);
  });

  it('moves two megabytes there and back', async () => {
    const rows = join(bastion.directory, 'rows');
    writeFileSync(rows, Array.from({ length: 20_000 }, (_, row) => `${row} ${'x'.repeat(95)}\n`).join(''));
    const script = `psql -Xqwc 'create table big (x text)' -c '\\copy big from pstdin' <"$ROWS" && psql -Xqwc '\\copy big to pstdout' >"$ROWS.back"; psql -Xqwc 'drop table big'; cmp "$ROWS" "$ROWS.back" && echo same`;
    const { output } = await forward({ ...authority(), ROWS: rows }, '--socket', folder(), '--', script);
    expect(output).toBe('same\n');
  });

  it('reaches the database of that certificate alone', async () => {
    const open = await listen({}, '--socket', folder(), '--root-cert', strangers());
    const [, directory = ''] = /^(.*)\/\.s\.PGSQL\.5432 →/m.exec(open.story()) ?? [];
    await expect(query('select 1', '-h', directory, '-U', 'postgres')).rejects.toThrow('server closed the connection');
    await open.tells(
      /^No connection to .*rds\.amazonaws\.com: its TLS is not trusted \(.*certificate.*\)\nCheck --root-cert/m,
    );
  });

  it('reaches the database by its own name alone', async () => {
    const { output: port } = await forward(authority(), '--', 'psql -XAtqwc "select inet_server_port()"');
    const outputs = await aliased({ PGHOST: 'localhost', PGPORT: port.trim() });
    const started = startHelper(
      ['--outputs', outputs, 'forward', '--socket', folder(), '--', 'psql -Xqwc "select 1" 2>&1'],
      environment(authority()),
    );
    expect(await started.exitCode).toBe(2); // psql's
    expect(started.output()).toContain('server closed the connection');
    expect(started.story()).toMatch(
      /^No connection to localhost: its TLS is not trusted \(Hostname\/IP does not match/m,
    );
  });

  it('leads elsewhere by the name of that place', async () => {
    using destinations = new Destinations();
    const port = await destinations.echo();
    const directory = folder();
    await listen({}, '--socket', directory, '--remote', `localhost:${port}`);
    expect(statSync(join(directory, `localhost:${port}`)).isSocket()).toBe(true);
  });

  it.each<[string, NodeJS.ProcessEnv, () => string[], RegExp]>([
    ['without a certificate', {}, () => ['--socket', folder()], /no file says against what\n.*--root-cert.* curl /],
    ['by the system’s', { PGSSLROOTCERT: 'system' }, () => ['--socket', folder()], /no file says against what/],
    ['by a file that has none', { PGSSLROOTCERT: __filename }, () => ['--socket', folder()], /holds no certificates/],
    ['in a folder of all', {}, () => ['--socket', '/tmp', '--remote', 'x:1'], /is not yours alone/],
    ['by a file in its place', {}, () => ['--socket', occupied(), '--remote', 'x:1'], /x:1 is there already/],
    ['by a long path', {}, () => ['--socket', `${folder()}${'x'.repeat(99)}`, '--remote', 'x:1'], /room for \d+/],
  ])('is refused before anything is opened: %s', async (_, env, argv, message) => {
    const { story, exitCode } = await forward(env, ...argv(), '--', 'true');
    expect(story).toMatch(message);
    expect(story).not.toContain('Opening');
    expect(exitCode).toBe(1);
  });
});
