import { explainLogin } from '../../../src/doctor/login-failure';

const AT = 'psql: error: connection to server at "db.example" (10.0.200.7), port 5432 failed: ';
const IS_IT_RUNNING = '\n\tIs the server running on that host and accepting TCP/IP connections?';

/** As libpq 15 to 17 write them. */
it.each([
  [`${AT}FATAL:  password authentication failed for user "postgres"`, 'The password is wrong'],
  [`${AT}fe_sendauth: no password supplied`, 'The password is wrong'],
  [`${AT}FATAL:  PAM authentication failed for user "iam"`, 'The password is wrong'],
  [`${AT}FATAL:  database "nope" does not exist`, 'There is no database "nope"'],
  [`${AT}FATAL:  role "nobody" does not exist`, 'There is no database user "nobody"'],
  [`${AT}FATAL:  role "team" is not permitted to log in`, 'The database user "team" may not log in'],
  [
    `${AT}FATAL:  permission denied for database "mydb"\nDETAIL:  User does not have CONNECT privilege.`,
    'The user may not connect to the database "mydb"',
  ],
  [
    'psql: error: could not translate host name "db.example" to address: Name or service not known',
    'The host name db.example is not known inside the VPC',
  ],
  [
    'psql: error: could not translate host name "db.example" to address: Temporary failure in name resolution',
    'The host name db.example is not known inside the VPC',
  ],
  [`${AT}timeout expired`, 'The database does not answer'],
  [`${AT}Connection timed out${IS_IT_RUNNING}`, 'The database does not answer'],
  [`${AT}No route to host${IS_IT_RUNNING}`, 'The database does not answer'],
  [`${AT}Connection refused${IS_IT_RUNNING}`, 'The database refuses connections'],
  [`${AT}FATAL:  sorry, too many clients already`, 'The database has no connection left'],
  [
    `${AT}FATAL:  remaining connection slots are reserved for non-replication superuser connections`,
    'The database has no connection left',
  ],
  [
    `${AT}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute`,
    'The database has no connection left',
  ],
  [`${AT}FATAL:  too many connections for role "postgres"`, 'The database has no connection left'],
  [
    `${AT}FATAL:  no pg_hba.conf entry for host "10.0.100.9", user "postgres", database "mydb", no encryption`,
    'The database takes encrypted connections only',
  ],
  [`${AT}server does not support SSL, but SSL was required`, 'The database has no TLS'],
  [`${AT}SSL error: certificate verify failed`, "The database's certificate cannot be checked"],
  [
    `${AT}root certificate file "/root/.postgresql/root.crt" does not exist`,
    "The database's certificate cannot be checked",
  ],
  [
    `${AT}server certificate for "*.example" does not match host name "db.local"`,
    "The database's certificate cannot be checked",
  ],
  [`${AT}FATAL:  the database system is starting up`, 'The database is starting up'],
  [`${AT}FATAL:  the database system is shutting down`, 'The database is shutting down'],
  [
    `${AT}FATAL:  the database system is not yet accepting connections`,
    'The database is not yet accepting connections',
  ],
  [`${AT}server closed the connection unexpectedly`, 'The database has closed the connection'],
  [
    'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory',
    'psql knows no host: PGHOST is not set',
  ],
])('%s', (errorText, cause) => {
  expect(explainLogin(`${errorText}\n`)?.cause).toBe(cause);
  expect(explainLogin(errorText)?.remedy).not.toBe('');
});

it('takes the answer of the address that answered, whatever the others did', () => {
  const both = `${AT}Connection refused${IS_IT_RUNNING}\n${AT}FATAL:  password authentication failed for user "postgres"`;
  expect(explainLogin(both)?.cause).toBe('The password is wrong');
});

it.each([
  ['nothing', ''],
  ['an error of SQL', 'ERROR:  relation "orders" does not exist\nLINE 1: select * from orders'],
  ['an error of psql', 'psql: error: unrecognized option --nope'],
])('says nothing of %s', (_, text) => {
  expect(explainLogin(text)).toBeUndefined();
});
