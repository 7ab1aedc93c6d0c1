export interface LoginFailure {
  readonly cause: string;
  readonly remedy: string;
}

/** libpq's messages (versions 15 to 17, in English), and what they mean here. The first that fits is taken. */
const FAILURES: readonly (readonly [said: RegExp, cause: string, remedy: string])[] = [
  [
    /password authentication failed|fe_sendauth: no password supplied|PAM authentication failed/i,
    'The password is wrong',
    'The task got it when it started: start a new one if it was changed since, else check the secret (database_password_secret_arn) or master_password',
  ],
  [
    /database "?([^"\n]*)"? does not exist/i,
    'There is no database "$1"',
    'List them with: npm run connect -- psql -l -d postgres',
  ],
  [
    /role "?([^"\n]*)"? does not exist/i,
    'There is no database user "$1"',
    'Name one with: npm run connect -- psql -U USER',
  ],
  [
    /role "?([^"\n]*)"? is not permitted to log in/i,
    'The database user "$1" may not log in',
    'Name another with: npm run connect -- psql -U USER',
  ],
  [
    /permission denied for database "?([^"\n]*)"?/i,
    'The user may not connect to the database "$1"',
    'Grant CONNECT on it, or name another user with: npm run connect -- psql -U USER',
  ],
  [
    /could not translate host name "?([^"\s]*)"?/i,
    'The host name $1 is not known inside the VPC',
    'Check that the cluster exists, and that the VPC has DNS support on',
  ],
  [
    /timeout expired|timed out|No route to host|Network is unreachable/i,
    'The database does not answer',
    "Its security group must let the bastion's in on its port, and it must be available: npm run connect -- doctor",
  ],
  [
    /Connection refused/i,
    'The database refuses connections',
    'It may be restarting: try again in a minute, or look with: npm run connect -- doctor',
  ],
  [
    /connection slots are reserved|too many clients|too many connections/i,
    'The database has no connection left',
    'Close some, or raise max_connections',
  ],
  [
    /no pg_hba\.conf entry.*no encryption|SSL (connection is )?required/i,
    'The database takes encrypted connections only',
    'Set PGSSLMODE=require',
  ],
  [
    /server does not support SSL/i,
    'The database has no TLS',
    'Set PGSSLMODE=prefer; Aurora itself always has TLS, so see that PGHOST and PGPORT are its own',
  ],
  [
    /certificate verify failed|does not match host name|root certificate file/i,
    "The database's certificate cannot be checked",
    "PGSSLMODE=verify-full needs AWS's certificates (PGSSLROOTCERT) and the cluster's own endpoint as PGHOST",
  ],
  [
    /the database system is (starting up|shutting down|in recovery|not yet accepting connections)/i,
    'The database is $1',
    'Try again in a minute',
  ],
  [
    /server closed the connection unexpectedly/i,
    'The database has closed the connection',
    'It may be restarting: try again in a minute, or look with: npm run connect -- doctor',
  ],
  [
    /connection to server on socket/i,
    'psql knows no host: PGHOST is not set',
    "The container's environment names it: deploy the stack again (`npx cdktf deploy`)",
  ],
];

/** What kept `psql` from logging in, from what it wrote to standard error; undefined when that says nothing known. */
export function explainLogin(errorText: string): LoginFailure | undefined {
  for (const [said, cause, remedy] of FAILURES) {
    const match = said.exec(errorText);
    if (match !== null) return { cause: cause.replace('$1', match[1] ?? ''), remedy };
  }
  return undefined;
}
