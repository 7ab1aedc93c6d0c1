import { quote } from '../../remote/quote';
import { type ServerTrust, SYSTEM } from './certificate';
import { foreignVariables } from './foreign-variables';

/** What a client of PostgreSQL on this machine needs to reach the database through a forwarded port. */
export interface ClientSettings extends ServerTrust {
  /** The database's own name, which its certificate bears. */
  readonly host: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Its own. */
  readonly remotePort: number;
  readonly database: string;
  readonly user: string;
}

/** How a program logs in: with a password, or with what a file holds at the moment. */
export type Login = { readonly password: string } | { readonly passwordFile: string };

export const ADDRESS = '127.0.0.1';

/**
 * As libpq's variables; with a password, `DATABASE_URL` too, for programs that know nothing else. What is undefined is
 * not to be passed on.
 */
export function clientVariables(settings: ClientSettings, login: Login): Readonly<Record<string, string | undefined>> {
  const { host, port, database, user, sslMode, rootCertificate } = settings;
  return {
    ...foreignVariables('port'),
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

/**
 * By the address: whoever knows no `hostaddr` cannot check the name, but who signed the certificate. Clients that check
 * the name all the same refuse it, as node-postgres 8 does; those that do not know `verify-ca` do as they do by default.
 */
function databaseUrl(settings: ClientSettings, password: string): string {
  const { host, port, database, user, sslMode, rootCertificate } = settings;
  const [name, secret, path] = [user, password, database].map(encodeURIComponent);
  const at = (place: string, query: Readonly<Record<string, string>>): string =>
    `postgresql://${name ?? ''}:${secret ?? ''}@${place}:${port}/${path ?? ''}?${queryOf(query)}`;
  if (!sslMode.startsWith('verify-')) return at(ADDRESS, { sslmode: sslMode });
  // libpq takes it with the name alone, and nobody else knows it.
  if (rootCertificate === SYSTEM) {
    return at(host, { hostaddr: ADDRESS, sslmode: 'verify-full', sslrootcert: SYSTEM });
  }
  return at(ADDRESS, {
    sslmode: 'verify-ca',
    ...(rootCertificate === undefined ? {} : { sslrootcert: rootCertificate }),
  });
}

/** Ready-made lines, without a password: what each is for, and the line. */
export function clientLines(settings: ClientSettings): readonly (readonly [what: string, line: string])[] {
  const { host, port, database, user, sslMode, rootCertificate } = settings;
  const check = rootCertificate === undefined ? {} : { sslrootcert: rootCertificate };
  const fields = {
    ...{ host, hostaddr: ADDRESS, port: String(port), dbname: database, user, sslmode: sslMode },
    ...check,
  };
  const query = queryOf({ hostaddr: ADDRESS, sslmode: sslMode, ...check });
  // JDBC has no hostaddr: it can check who signed the certificate, and not the name in it.
  const jdbc = queryOf({ user, sslmode: sslMode === 'verify-full' ? 'verify-ca' : sslMode, ...check });
  const [name, path] = [user, database].map(encodeURIComponent);
  return [
    ['psql', `psql ${quote(conninfo(fields))}`],
    ['URI', `postgresql://${name ?? ''}@${host}:${port}/${path ?? ''}?${query}`],
    ['JDBC', `jdbc:postgresql://${ADDRESS}:${port}/${path ?? ''}?${jdbc}`],
    ['service', serviceEntry(fields)],
  ];
}

/** Not as forms have it: libpq takes a plus for a plus. */
export function queryOf(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2F', '/')}`)
    .join('&');
}

/** A connection string of libpq. */
export function conninfo(fields: Readonly<Record<string, string>>): string {
  const value = (text: string): string => (/^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll(/['\\]/g, '\\$&')}'`);
  return Object.entries(fields)
    .map(([name, text]) => `${name}=${value(text)}`)
    .join(' ');
}

/** For `pg_service.conf`. */
export function serviceEntry(fields: Readonly<Record<string, string>>): string {
  return ['[aurora]', ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join('\n');
}
