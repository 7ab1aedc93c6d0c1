import { UserError } from '../errors';
import { type CheckResult, failed, ok, type Outcome, perform, skipped, warning } from './check';
import type { Facts } from './facts';
import { firstLine, type InsideResult, type RunInside } from './inside';
import { explainLogin } from './login-failure';
import { once } from './once';
import { recordInside } from './record-inside';

const TIMEOUT_SECONDS = 5;
/** With an address given, libpq resolves no name. */
const RESOLVE = ['sh', '-c', 'if [ -n "$PGHOSTADDR" ]; then echo "$PGHOSTADDR"; else getent hosts "$PGHOST"; fi'];
const KNOCK = ['pg_isready', '-t', String(TIMEOUT_SECONDS)];
const PSQL = ['env', `PGCONNECT_TIMEOUT=${TIMEOUT_SECONDS}`, 'psql', '-X', '-w', '-q', '-t', '-A'];
const LOG_IN = [...PSQL, '-c', 'select 1'];
const TLS_VERSION =
  'select version from pg_catalog.pg_stat_ssl where pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()';
const ASK_FOR_TLS = [...PSQL, '-d', 'sslmode=require', '-c', TLS_VERSION];

const NOT_FOUND = [126, 127];
/** Of pg_isready. */
const [ACCEPTS, REJECTS] = [0, 1];

/**
 * Goes the way to the database step by step, from inside the container, and then looks for what records sessions. `run`
 * may start the task that it needs: when that fails, so does the step. @throws the signal's reason
 */
export async function* diagnoseInside(run: RunInside, facts: Facts): AsyncGenerator<CheckResult> {
  const { signal } = facts;
  const login = once(() => run(LOG_IN));
  let isOpen = true;
  for (const { id, title, look } of STEPS) {
    signal.throwIfAborted();
    const outcome = isOpen ? await look(run, login).catch(ofUserError(signal)) : skipped('An earlier step fails');
    if (outcome.status === 'failed') isOpen = false;
    yield { id, title, ...outcome };
  }
  yield await perform(recordInside(run), facts);
}

function ofUserError(signal: AbortSignal): (error: unknown) => Outcome {
  return (error) => {
    signal.throwIfAborted();
    if (error instanceof UserError) return failed(error.message, error.remedy);
    throw error;
  };
}

interface Step {
  readonly id: string;
  readonly title: string;
  readonly look: (run: RunInside, login: () => Promise<InsideResult>) => Promise<Outcome>;
}

/** Each needs the ones before it. */
const STEPS: readonly Step[] = [
  { id: 'inside-dns', title: 'From inside: name of the database', look: resolve },
  { id: 'inside-tcp', title: 'From inside: port of the database', look: knock },
  { id: 'inside-tls', title: 'From inside: TLS', look: askForTls },
  { id: 'inside-login', title: 'From inside: login', look: logIn },
];

async function resolve(run: RunInside): Promise<Outcome> {
  const { exitCode, output } = await run(RESOLVE);
  if (NOT_FOUND.includes(exitCode)) return skipped('The container has no getent');
  const [address = ''] = output.trim().split(/\s/);
  if (exitCode === 0 && address !== '') return ok(`PGHOST is ${address}`);
  return failed(
    'PGHOST is not resolved inside the VPC',
    'Check that the cluster exists, and that the VPC has DNS support on',
  );
}

async function knock(run: RunInside, login: () => Promise<InsideResult>): Promise<Outcome> {
  const { exitCode, output, error } = await run(KNOCK);
  if (NOT_FOUND.includes(exitCode)) return skipped('The container has no pg_isready');
  const said = firstLine(output) || firstLine(error);
  if (exitCode === ACCEPTS) return ok(said);
  if (exitCode === REJECTS) return failed(`${said}: it is starting or stopping`, 'Try again in a minute');
  // pg_isready does not tell why, and psql does.
  const why = explainLogin((await login()).error);
  return failed(why === undefined ? said : `${why.cause} (${said})`, why?.remedy ?? '');
}

async function askForTls(run: RunInside, login: () => Promise<InsideResult>): Promise<Outcome> {
  const { exitCode, output, error } = await run(ASK_FOR_TLS);
  if (exitCode === 0) return ok(firstLine(output) || 'Encrypted');
  if (/server does not support SSL/i.test(error)) {
    return warning('The database has no TLS', 'Aurora has: this is another PostgreSQL, or something stands before it');
  }
  if ((await login()).exitCode !== 0) return skipped('It is seen only after a login, and that fails');
  return failed(firstLine(error), explainLogin(error)?.remedy ?? 'Only unencrypted logins succeed');
}

async function logIn(_run: RunInside, login: () => Promise<InsideResult>): Promise<Outcome> {
  const { exitCode, error } = await login();
  if (NOT_FOUND.includes(exitCode)) return failed('The container has no psql', 'See: npm run connect -- logs');
  if (exitCode === 0) return ok('psql logs in');
  const why = explainLogin(error);
  return failed(why?.cause ?? (firstLine(error) || `psql ended with ${exitCode}`), why?.remedy ?? '');
}
