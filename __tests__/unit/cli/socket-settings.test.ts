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
  const variables = socketVariables(SETTINGS, { password: 'a/b?c' });
  expect(variables).toEqual({
    PGHOST: '/run/user/1000/my db',
    PGPORT: '5432',
    PGDATABASE: 'd',
    PGUSER: "o'neil",
    PGSSLMODE: 'disable',
    PGREQUIREPEER: username,
    PGPASSWORD: 'a/b?c',
    DATABASE_URL: "postgresql://o'neil:a%2Fb%3Fc@localhost:5432/d?host=/run/user/1000/my%20db&sslmode=disable",
  });
  const names = ['PGHOSTADDR', 'PGSERVICE', 'PGSERVICEFILE', 'PGSSLROOTCERT', 'PGCHANNELBINDING', 'PGSSLNEGOTIATION'];
  for (const name of names) expect(Object.entries(variables)).toContainEqual([name, undefined]);
});

it('names a password file and no password', () => {
  const variables = socketVariables(SETTINGS, { passwordFile: '/tmp/x/pgpass' });
  expect(variables.PGPASSFILE).toBe('/tmp/x/pgpass');
  expect([variables.PGPASSWORD, variables.DATABASE_URL]).toEqual([undefined, undefined]);
});
