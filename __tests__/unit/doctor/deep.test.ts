import type { CheckResult } from '../../../src/doctor/check';
import { diagnoseInside } from '../../../src/doctor/deep';
import type { Facts } from '../../../src/doctor/facts';
import type { InsideResult } from '../../../src/doctor/inside';
import { UserError } from '../../../src/errors';

const AT = 'psql: error: connection to server at "db" (10.0.0.7), port 5432 failed: ';
const { signal } = new AbortController();

/** Facts of a cluster that logs its sessions, or does not. */
const facts = (logging: 'DEFAULT' | 'NONE' = 'DEFAULT', given = signal): Facts =>
  ({
    signal: given,
    cluster: () => Promise.resolve({ configuration: { executeCommandConfiguration: { logging } } }),
    logGroup: () => Promise.resolve({ name: '/ecs/bastion', exists: true }),
  }) as unknown as Facts;
const done = (output: string): InsideResult => ({ exitCode: 0, output, error: '' });
const bad = (exitCode: number, error: string, output = ''): InsideResult => ({ exitCode, output, error });

interface Inside {
  readonly dns: InsideResult;
  readonly tcp: InsideResult;
  readonly tls: InsideResult;
  readonly login: InsideResult;
  readonly record: InsideResult;
}

const HEALTHY: Inside = {
  dns: done('10.0.0.7        db.example\n'),
  tcp: done('db:5432 - accepting connections\n'),
  tls: done('TLSv1.3\n'),
  login: done('1\n'),
  record: done(''),
};

async function look(inside: Inside, about = facts()): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const run = (words: readonly string[]): Promise<InsideResult> => {
    const line = words.join(' ');
    if (line.includes('script')) return Promise.resolve(inside.record);
    if (line.includes('getent')) return Promise.resolve(inside.dns);
    if (line.includes('pg_isready')) return Promise.resolve(inside.tcp);
    return Promise.resolve(line.includes('sslmode=require') ? inside.tls : inside.login);
  };
  for await (const result of diagnoseInside(run, about)) results.push(result);
  return results;
}

it('finds nothing where all is well', async () => {
  const results = await look(HEALTHY);
  expect(results.map(({ id, status, found }) => [id, status, found])).toEqual([
    ['inside-dns', 'ok', 'PGHOST is 10.0.0.7'],
    ['inside-tcp', 'ok', 'db:5432 - accepting connections'],
    ['inside-tls', 'ok', 'TLSv1.3'],
    ['inside-login', 'ok', 'psql logs in'],
    ['inside-record', 'ok', 'script and cat make it'],
  ]);
});

const timeout = bad(2, `${AT}timeout expired\n`);
const wrong = bad(2, `${AT}FATAL:  password authentication failed for user "postgres"\n`);

it.each<[string, Partial<Inside>, string, string]>([
  ['a name that is not resolved', { dns: bad(2, '') }, 'failed skipped skipped skipped ok', 'PGHOST is not resolved'],
  [
    'a security group that drops what comes',
    { tcp: bad(2, '', 'db:5432 - no response\n'), login: timeout },
    'ok failed skipped skipped ok',
    'The database does not answer (db:5432 - no response)',
  ],
  [
    'a database that starts',
    { tcp: bad(1, '', 'db:5432 - rejecting connections\n') },
    'ok failed skipped skipped ok',
    'db:5432 - rejecting connections: it is starting or stopping',
  ],
  [
    'no TLS',
    { tls: bad(2, `${AT}server does not support SSL, but SSL was required\n`) },
    'ok ok warning ok ok',
    'The database has no TLS',
  ],
  ['a wrong password', { tls: wrong, login: wrong }, 'ok ok skipped failed ok', 'The password is wrong'],
  [
    'a database that is not there',
    { tls: bad(2, ''), login: bad(2, `${AT}FATAL:  database "nope" does not exist\n`) },
    'ok ok skipped failed ok',
    'There is no database "nope"',
  ],
  ['no psql', { tls: bad(127, ''), login: bad(127, '') }, 'ok ok skipped failed ok', 'The container has no psql'],
  ['no getent', { dns: bad(127, '') }, 'skipped ok ok ok ok', 'The container has no getent'],
  [
    'no script',
    { record: done('script\n') },
    'ok ok ok ok warning',
    'The container has no script, and so the exec agent',
  ],
  [
    'a script that is too new',
    { record: bad(1, 'script: unexpected number of arguments\n') },
    'ok ok ok ok warning',
    'recording fails: script: unexpected number of arguments',
  ],
])('%s', async (_, inside, statuses, found) => {
  const results = await look({ ...HEALTHY, ...inside });
  expect(results.map(({ status }) => status).join(' ')).toBe(statuses);
  expect(results.map((result) => result.found).join('\n')).toContain(found);
});

it('looks for no record where none is to be made', async () => {
  const results = await look({ ...HEALTHY, record: done('script\n') }, facts('NONE'));
  expect(results.at(-1)).toMatchObject({ id: 'inside-record', status: 'skipped', found: 'Sessions are not logged' });
});

it('a task that does not start is a fault of its own', async () => {
  const results: CheckResult[] = [];
  const run = (): Promise<never> => Promise.reject(new UserError('The task does not start', 'Look at its logs'));
  for await (const result of diagnoseInside(run, facts())) results.push(result);
  expect(results[0]).toMatchObject({ status: 'failed', found: 'The task does not start', remedy: 'Look at its logs' });
  expect(results.slice(1).every(({ status }) => status === 'skipped')).toBe(true);
});

it('ends with the reason of its signal', async () => {
  const run = (): Promise<never> => Promise.reject(new Error('aborted'));
  await expect(diagnoseInside(run, facts('DEFAULT', AbortSignal.abort(new Error('enough')))).next()).rejects.toThrow(
    'enough',
  );
});
