import { type ClientSettings, clientLines, clientVariables } from '../../../src/cli/forward/client-settings';

const SETTINGS: ClientSettings = {
  host: 'db.cluster-1.ap-northeast-1.rds.amazonaws.com',
  port: 15432,
  remotePort: 5432,
  database: 'my db',
  user: "o'neil",
  sslMode: 'verify-full',
  rootCertificate: '/home/me/rds bundle.pem',
};

it('prints lines that psql, JDBC and a service file take', () => {
  expect(Object.fromEntries(clientLines(SETTINGS))).toEqual({
    psql: `psql 'host=db.cluster-1.ap-northeast-1.rds.amazonaws.com hostaddr=127.0.0.1 port=15432 dbname='"'"'my db'"'"' user='"'"'o\\'"'"'neil'"'"' sslmode=verify-full sslrootcert='"'"'/home/me/rds bundle.pem'"'"''`,
    URI: "postgresql://o'neil@db.cluster-1.ap-northeast-1.rds.amazonaws.com:15432/my%20db?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=/home/me/rds%20bundle.pem",
    JDBC: "jdbc:postgresql://127.0.0.1:15432/my%20db?user=o'neil&sslmode=verify-ca&sslrootcert=/home/me/rds%20bundle.pem",
    service:
      "[aurora]\nhost=db.cluster-1.ap-northeast-1.rds.amazonaws.com\nhostaddr=127.0.0.1\nport=15432\ndbname=my db\nuser=o'neil\nsslmode=verify-full\nsslrootcert=/home/me/rds bundle.pem",
  });
});

it('names the database by its own name and the port by its address', () => {
  expect(clientVariables(SETTINGS, { password: 'a/b?c' })).toEqual({
    PGHOST: SETTINGS.host,
    PGHOSTADDR: '127.0.0.1',
    PGPORT: '15432',
    PGDATABASE: 'my db',
    PGUSER: "o'neil",
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/home/me/rds bundle.pem',
    PGPASSWORD: 'a/b?c',
    DATABASE_URL:
      "postgresql://o'neil:a%2Fb%3Fc@127.0.0.1:15432/my%20db?sslmode=verify-ca&sslrootcert=/home/me/rds%20bundle.pem",
  });
});

it('names a password file and no password', () => {
  const variables = clientVariables(SETTINGS, { passwordFile: '/tmp/x/pgpass' });
  expect(variables).toMatchObject({ PGPASSFILE: '/tmp/x/pgpass' });
  expect([variables.PGPASSWORD, variables.DATABASE_URL]).toEqual([undefined, undefined]);
});

it('leaves no variable of the user that leads elsewhere', () => {
  const names = [
    'PGSERVICE',
    'PGSERVICEFILE',
    'PGTARGETSESSIONATTRS',
    'PGSSLCERTMODE',
    'PGGSSENCMODE',
    'PGREQUIREPEER',
  ];
  const variables = clientVariables({ ...SETTINGS, rootCertificate: undefined }, { passwordFile: '/tmp/x/pgpass' });
  for (const name of [...names, 'PGSSLROOTCERT', 'PGPASSWORD', 'DATABASE_URL']) {
    expect(Object.entries(variables)).toContainEqual([name, undefined]);
  }
  expect(Object.keys(variables)).not.toContain('PGCHANNELBINDING'); // whoever asks for more gets more
});

describe('DATABASE_URL', () => {
  const url = (more: Partial<ClientSettings>): string =>
    clientVariables({ ...SETTINGS, user: 'u', database: 'd', ...more }, { password: 'p' }).DATABASE_URL ?? '';

  it.each<[string, Partial<ClientSettings>, string]>([
    ['whom the authorities vouch for', {}, '127.0.0.1:15432/d?sslmode=verify-ca&sslrootcert=/home/me/rds%20bundle.pem'],
    [
      'the same, by PGSSLMODE',
      { sslMode: 'verify-ca' },
      '127.0.0.1:15432/d?sslmode=verify-ca&sslrootcert=/home/me/rds',
    ],
    ["libpq's default file", { rootCertificate: undefined }, '127.0.0.1:15432/d?sslmode=verify-ca'],
    ['anybody', { sslMode: 'require', rootCertificate: undefined }, '127.0.0.1:15432/d?sslmode=require'],
    [
      'whom the system trusts, and by the name',
      { rootCertificate: 'system' },
      'db.cluster-1.ap-northeast-1.rds.amazonaws.com:15432/d?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=system',
    ],
  ])('trusts %s', (_, more, wanted) => {
    expect(url(more).startsWith(`postgresql://u:p@${wanted}`)).toBe(true);
  });
});
