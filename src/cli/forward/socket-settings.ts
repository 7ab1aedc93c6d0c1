import { userInfo } from 'node:os';
import { quote } from '../../remote/quote';
import { type ClientSettings, conninfo, type Login, queryOf, serviceEntry } from './client-settings';
import { foreignVariables } from './foreign-variables';

/** What a client needs that comes by a unix socket, behind which we speak TLS with the database ourselves. */
export interface SocketSettings extends Pick<ClientSettings, 'port' | 'database' | 'user'> {
  /** With `.s.PGSQL.<port>` in it: PostgreSQL's clients take a folder for a host. */
  readonly folder: string;
}

/**
 * As libpq's variables. Those that would lead elsewhere, or ask for TLS once more, are undefined: not to be passed on.
 * Clients that ask for TLS on a unix socket too, as libpq does not, are told not to.
 */
export function socketVariables(
  { folder, port, database, user }: SocketSettings,
  login: Login,
): Readonly<Record<string, string | undefined>> {
  const owner = socketOwner();
  const [name, secret, path] = ['password' in login ? [user, login.password, database] : []]
    .flat()
    .map(encodeURIComponent);
  const query = queryOf({ host: folder, sslmode: 'disable' });
  return {
    ...foreignVariables('socket'),
    PGHOST: folder,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGSSLMODE: 'disable',
    ...(owner === undefined ? {} : { PGREQUIREPEER: owner }),
    ...('password' in login
      ? {
          PGPASSWORD: login.password,
          // Some want a host there all the same; the one in the query counts.
          DATABASE_URL: `postgresql://${name ?? ''}:${secret ?? ''}@localhost:${port}/${path ?? ''}?${query}`,
        }
      : { PGPASSFILE: login.passwordFile }),
  };
}

/** Ready-made lines, without a password: what each is for, and the line. */
export function socketLines(settings: SocketSettings): readonly (readonly [what: string, line: string])[] {
  const { folder, port, database, user } = settings;
  const owner = socketOwner();
  const fields = {
    ...{ host: folder, port: String(port), dbname: database, user },
    ...(owner === undefined ? {} : { requirepeer: owner }),
  };
  const [name, path] = [user, database].map(encodeURIComponent);
  return [
    ['psql', `psql ${quote(conninfo(fields))}`],
    ['URI', `postgresql://${name ?? ''}@localhost:${port}/${path ?? ''}?${queryOf({ host: folder })}`],
    ['service', serviceEntry(fields)],
  ];
}

/** Whose process libpq wants at the other end; undefined where the system has no name for us. */
function socketOwner(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
