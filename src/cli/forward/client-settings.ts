import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../errors';
import { quote } from '../../remote/quote';
import type { Destination } from './destination';

/** What a client of PostgreSQL on this machine needs to reach the database through a forwarded port. */
export interface ClientSettings {
  /** The database's own name, which its certificate bears. */
  readonly host: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Its own. */
  readonly remotePort: number;
  readonly database: string;
  readonly user: string;
  readonly sslMode: string;
  /** What the certificate is checked against; undefined: not checked. */
  readonly rootCertificate: string | undefined;
}

export const ADDRESS = '127.0.0.1';

/** The whole path, since it is printed for use elsewhere. @throws UserError when the file is not there */
export function certificateFile(named: string | undefined): string | undefined {
  if (named === undefined) return undefined;
  if (!existsSync(named)) throw new UserError(`There is no file ${named}`, 'Check --root-cert');
  return resolve(named);
}

/**
 * @param named a file that the user has named
 * @param env whose PGSSLMODE and PGSSLROOTCERT count
 */
export function clientSettings(
  { host, port: remotePort }: Destination,
  login: { readonly port: number; readonly database: string; readonly user: string },
  named: string | undefined,
  env: NodeJS.ProcessEnv,
): ClientSettings {
  const usual = join(homedir(), '.postgresql', 'root.crt'); // libpq's own
  const rootCertificate = named ?? nonEmpty(env.PGSSLROOTCERT) ?? (existsSync(usual) ? usual : undefined);
  const sslMode = nonEmpty(env.PGSSLMODE) ?? (rootCertificate === undefined ? 'require' : 'verify-full');
  return { host, remotePort, ...login, sslMode, rootCertificate };
}

/** As libpq's variables; with a password, `DATABASE_URL` too, for programs that know nothing else. */
export function clientVariables(
  settings: ClientSettings,
  login: { readonly password: string } | { readonly passwordFile: string },
): Readonly<Record<string, string>> {
  const { host, port, database, user, sslMode, rootCertificate } = settings;
  return {
    PGHOST: host,
    PGHOSTADDR: ADDRESS,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGSSLMODE: sslMode,
    ...(rootCertificate === undefined ? {} : { PGSSLROOTCERT: rootCertificate }),
    ...('password' in login
      ? { PGPASSWORD: login.password, DATABASE_URL: databaseUrl(settings, login.password) }
      : { PGPASSFILE: login.passwordFile }),
  };
}

/** By the address: whoever knows no `hostaddr` cannot check the name. */
function databaseUrl({ port, database, user, sslMode }: ClientSettings, password: string): string {
  const [name, secret, path] = [user, password, database].map(encodeURIComponent);
  const mode = sslMode.startsWith('verify') ? 'require' : sslMode;
  return `postgresql://${name ?? ''}:${secret ?? ''}@${ADDRESS}:${port}/${path ?? ''}?sslmode=${mode}`;
}

/** Ready-made lines, without a password: what each is for, and the line. */
export function clientLines(settings: ClientSettings): readonly (readonly [what: string, line: string])[] {
  const { host, port, database, user, sslMode, rootCertificate } = settings;
  const pairs = Object.entries({
    ...{ host, hostaddr: ADDRESS, port: String(port), dbname: database, user, sslmode: sslMode },
    ...(rootCertificate === undefined ? {} : { sslrootcert: rootCertificate }),
  });
  const conninfo = pairs.map(([name, value]) => `${name}=${conninfoValue(value)}`).join(' ');
  const check = rootCertificate === undefined ? {} : { sslrootcert: rootCertificate };
  const query = queryOf({ hostaddr: ADDRESS, sslmode: sslMode, ...check });
  // JDBC has no hostaddr: it can check who signed the certificate, and not the name in it.
  const jdbc = queryOf({ user, sslmode: sslMode === 'verify-full' ? 'verify-ca' : sslMode, ...check });
  const [name, path] = [user, database].map(encodeURIComponent);
  return [
    ['psql', `psql ${quote(conninfo)}`],
    ['URI', `postgresql://${name ?? ''}@${host}:${port}/${path ?? ''}?${query}`],
    ['JDBC', `jdbc:postgresql://${ADDRESS}:${port}/${path ?? ''}?${jdbc}`],
    ['service', ['[aurora]', ...pairs.map(([key, value]) => `${key}=${value}`)].join('\n')],
  ];
}

/** Not as forms have it: libpq takes a plus for a plus. */
function queryOf(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2F', '/')}`)
    .join('&');
}

/** A value in a connection string of libpq. */
function conninfoValue(text: string): string {
  return /^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
