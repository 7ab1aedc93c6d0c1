import { relative } from 'node:path';
import {
  certificateFile,
  type ClientSettings,
  clientLines,
  clientSettings,
  clientVariables,
} from '../../../src/cli/forward/client-settings';

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
    DATABASE_URL: "postgresql://o'neil:a%2Fb%3Fc@127.0.0.1:15432/my%20db?sslmode=require",
  });
});

it('names a password file and no password', () => {
  const variables = clientVariables(SETTINGS, { passwordFile: '/tmp/x/pgpass' });
  expect(variables).toMatchObject({ PGPASSFILE: '/tmp/x/pgpass' });
  expect(Object.keys(variables)).not.toContain('PGPASSWORD');
  expect(Object.keys(variables)).not.toContain('DATABASE_URL');
});

describe('how the certificate is checked', () => {
  const destination = { name: 'writer', isDatabase: true, host: 'db', port: 5432, localPort: 0 };
  const login = { port: 1, database: 'd', user: 'u' };

  it.each([
    [{}, __filename, 'verify-full', __filename],
    [{ PGSSLROOTCERT: '/b.pem' }, undefined, 'verify-full', '/b.pem'],
    [{ PGSSLROOTCERT: '/b.pem' }, __filename, 'verify-full', __filename],
    [{ PGSSLMODE: 'disable' }, __filename, 'disable', __filename],
  ])('%j and --root-cert %s: %s', (env, named, sslMode, rootCertificate) => {
    expect(clientSettings(destination, login, named, env)).toMatchObject({ sslMode, rootCertificate });
  });

  it('a file that is named is named by its whole path, and has to be there', () => {
    expect(certificateFile(undefined)).toBeUndefined();
    expect(certificateFile(relative('.', __filename))).toBe(__filename);
    expect(() => certificateFile('/no/such.pem')).toThrow('There is no file /no/such.pem');
  });
});
