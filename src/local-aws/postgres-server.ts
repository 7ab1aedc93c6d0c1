import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';

export interface DatabaseOptions {
  readonly name: string;
  readonly masterUsername: string;
  readonly masterPassword: string;
  /** What `aurora_version()` says. */
  readonly engineVersion: string;
  /** The names in its certificate. */
  readonly endpoints: readonly string[];
}

/** What a server needs of its host. */
interface ServerHost {
  readonly launch: () => ChildProcess;
  /** Runs SQL as the superuser. @returns whether it went well */
  readonly run: (database: string, sql: string) => Promise<boolean>;
  /** Puts a new certificate into the server's folder. */
  readonly certify: (names: readonly string[]) => Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

/** One cluster's server, on a port of loopback; it speaks TLS to those who ask for it. */
export class PostgresServer implements AsyncDisposable {
  private database = 'postgres';
  private process: ChildProcess;

  constructor(
    private readonly data: string,
    readonly port: number,
    private readonly host: ServerHost,
  ) {
    this.process = host.launch();
  }

  async untilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.host.run('postgres', 'select 1 \\g /dev/null'))) {
      if (this.process.exitCode !== null || Date.now() > deadline) {
        throw new UserError('PostgreSQL does not start', 'See the log of the local AWS');
      }
      await sleep(50);
    }
  }

  async setUp({ name, masterUsername, masterPassword, engineVersion }: DatabaseOptions): Promise<void> {
    const user = identifier(masterUsername);
    await this.execute(
      'postgres',
      `create role ${user} login createdb createrole password ${literal(masterPassword)};
       grant pg_monitor, pg_signal_backend to ${user} with admin option;
       ${name === 'postgres' ? `alter database postgres owner to ${user}` : `create database ${identifier(name)} owner ${user}`};`,
    );
    this.database = name;
    // Aurora's own function; in the system's schema, where dumps do not see it.
    await this.execute(
      name,
      `set allow_system_table_mods = on;
       create function pg_catalog.aurora_version() returns text language sql stable as ${literal(`select ${literal(engineVersion)}`)};
       grant all on schema public to ${user};`,
    );
  }

  async setPassword(username: string, password: string): Promise<void> {
    await this.execute(this.database, `alter role ${identifier(username)} password ${literal(password)};`);
  }

  /** A certificate for these names, which the connections that follow are shown. */
  async rename(names: readonly string[]): Promise<void> {
    await this.host.certify(names);
    this.process.kill('SIGHUP');
  }

  /** Ends it; its port refuses connections until `start`. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGQUIT');
    await exited;
  }

  /** Starts it again, on the same port. */
  async start(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) return;
    this.process = this.host.launch();
    await this.untilReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  private async execute(database: string, sql: string): Promise<void> {
    if (!(await this.host.run(database, sql)))
      throw new UserError('PostgreSQL refused a statement', 'See the log of the local AWS');
  }
}

function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function identifier(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
