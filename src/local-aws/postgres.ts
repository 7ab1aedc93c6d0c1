import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../errors';
import { type CertificateAuthority, SERVER_CERTIFICATE, SERVER_KEY } from './certificates';
import { databaseDirectory } from './folder';
import { freePort } from './free-port';
import { type DatabaseOptions, PostgresServer } from './postgres-server';

/** RDS's own superuser; the master user is none. */
const SUPERUSER = 'rdsadmin';

/** Makes PostgreSQL servers, one for each Aurora cluster, as a user that PostgreSQL accepts. */
export class PostgresHost implements Disposable {
  private readonly superuserPassword = randomBytes(16).toString('hex');
  private readonly identity = unprivilegedIdentity();
  private readonly directory: string;
  private template: Promise<string> | undefined;

  constructor(
    private readonly binaries: string,
    parent: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly log: number,
    private readonly authority: CertificateAuthority,
  ) {
    this.directory = this.makeDirectory(parent);
  }

  /** Starts the first cluster's files in the background: initdb takes longer than all the rest. */
  prepare(): void {
    this.template = this.initialize();
    this.template.catch(() => undefined); // told when it is needed
    this.authority.prepare().catch(() => undefined); // the same
  }

  /** A server on loopback with the database and its master user. */
  async start(id: string, options: DatabaseOptions): Promise<PostgresServer> {
    this.template ??= this.initialize();
    const data = join(this.directory, id);
    cpSync(await this.template, data, { recursive: true, preserveTimestamps: true });
    await this.certify(data, options.endpoints);
    if (this.identity !== undefined) chownTree(data, this.identity);
    chmodSync(data, 0o700);
    const port = await freePort();
    const server = new PostgresServer(data, port, {
      launch: () => this.launch(data, port),
      run: (database, sql) => this.psql(port, database, sql),
      certify: (names) => this.certify(data, names),
    });
    await server.untilReady();
    await server.setUp(options);
    return server;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async initialize(): Promise<string> {
    const template = join(this.directory, 'template');
    const passwordFile = join(this.directory, 'password');
    writeFileSync(passwordFile, this.superuserPassword, { mode: 0o600 });
    if (this.identity !== undefined) chownSync(passwordFile, this.identity.uid, this.identity.gid);
    const argv = ['-D', template, '-U', SUPERUSER, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8'];
    const child = spawn(join(this.binaries, 'initdb'), [...argv, '--locale=C', '--no-sync'], {
      ...this.identity,
      env: this.environment,
      stdio: ['ignore', this.log, this.log],
      cwd: this.directory,
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    rmSync(passwordFile);
    if (code !== 0) throw new UserError('initdb failed', 'See the log of the local AWS');
    return template;
  }

  private launch(data: string, port: number): ChildProcess {
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      'logging_collector=off',
      'ssl=on',
      `ssl_cert_file=${SERVER_CERTIFICATE}`,
      `ssl_key_file=${SERVER_KEY}`,
    ];
    return spawn(
      join(this.binaries, 'postgres'),
      ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...this.identity, env: this.environment, stdio: ['ignore', this.log, this.log], cwd: data },
    );
  }

  /** PostgreSQL refuses a key that is not its own. */
  private async certify(data: string, names: readonly string[]): Promise<void> {
    await this.authority.certify(data, names);
    if (this.identity === undefined) return;
    for (const file of [SERVER_CERTIFICATE, SERVER_KEY]) {
      chownSync(join(data, file), this.identity.uid, this.identity.gid);
    }
  }

  private async psql(port: number, database: string, sql: string): Promise<boolean> {
    const argv = [
      '-X',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      SUPERUSER,
      database,
    ];
    const child = spawn(join(this.binaries, 'psql'), argv, {
      env: { ...this.environment, PGPASSWORD: this.superuserPassword, PGCONNECT_TIMEOUT: '5' },
      stdio: ['pipe', this.log, this.log],
    });
    child.stdin?.on('error', () => undefined); // it ends early when there is no server yet
    child.stdin?.end(sql);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  }

  /** As root, PostgreSQL's user must be able to reach its files; where it cannot, they go to the temporary folder. */
  private makeDirectory(parent: string): string {
    const directory = databaseDirectory(parent);
    if (this.identity === undefined || isReachable(parent)) mkdirSync(directory, { recursive: true });
    else symlinkSync(mkdtempSync(join(tmpdir(), 'aurora-bastion-postgres-')), directory);
    if (this.identity !== undefined) chownSync(directory, this.identity.uid, this.identity.gid);
    return realpathSync(directory);
  }
}

/** PostgreSQL refuses to run as root: its own user, or nobody, does it then. */
function unprivilegedIdentity(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => {
      const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
      return status === 0 ? Number(stdout) : undefined;
    });
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new UserError(
    'PostgreSQL does not run as root, and there is no user postgres or nobody',
    'Run as another user',
  );
}

function isReachable(directory: string): boolean {
  const othersMayEnter = (statSync(directory).mode & 0o001) !== 0;
  return othersMayEnter && (dirname(directory) === directory || isReachable(dirname(directory)));
}

function chownTree(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  spawnSync('chown', ['-R', `${uid}:${gid}`, path]);
}
