import { userInfo } from 'node:os';
import { socketLines, type SocketSettings, socketVariables } from '../../../src/cli/forward/socket-settings';

const SETTINGS: SocketSettings = { folder: '/run/user/1000/my db', port: 5432, database: 'd', user: "o'neil" };
const { username } = userInfo();

it('names the folder as the host, and the process behind it', () => {
  expect(Object.fromEntries(socketLines(SETTINGS))).toEqual({
    psql: `psql 'host='"'"'/run/user/1000/my db'"'"' port=5432 dbname=d user='"'"'o\\'"'"'neil'"'"' requirepeer=${username}'`,
    URI: "postgresql://o'neil@localhost:5432/d?host=/run/user/1000/my%20db",
    service: `[aurora]\nhost=/run/user/1000/my db\nport=5432\ndbname=d\nuser=o'neil\nrequirepeer=${username}`,
  });
});

it('asks no client for TLS, and leaves none that leads elsewhere', () => {
  expect(socketVariables(SETTINGS, { password: 'a/b?c' })).toStrictEqual({
    PGHOST: '/run/user/1000/my db',
    PGHOSTADDR: undefined,
    PGPORT: '5432',
    PGDATABASE: 'd',
    PGUSER: "o'neil",
    PGSSLMODE: 'disable',
    PGSSLROOTCERT: undefined,
    PGREQUIREPEER: username,
    PGPASSWORD: 'a/b?c',
    DATABASE_URL: "postgresql://o'neil:a%2Fb%3Fc@localhost:5432/d?host=/run/user/1000/my%20db&sslmode=disable",
  });
});

it('names a password file and no password', () => {
  const variables = socketVariables(SETTINGS, { passwordFile: '/tmp/x/pgpass' });
  expect(variables.PGPASSFILE).toBe('/tmp/x/pgpass');
  expect(Object.keys(variables).filter((name) => name === 'PGPASSWORD' || name === 'DATABASE_URL')).toEqual([]);
});
