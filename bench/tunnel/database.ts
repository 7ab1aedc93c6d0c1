import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FAST, startBastion, startTask } from '../../__tests__/support/bastion';
import { type Database, openDatabase } from '../../__tests__/support/database';
import { requirePostgres } from '../../src/local-aws/tools';
import { own } from '../children';
import { type Bench, costOf } from '../measure';
import type { Row } from '../row';
import { startForward } from './forward-process';

const CLIENTS = 50;
const ROW_BYTES = 1000;
/** Not so long that PostgreSQL would compress it. */
const TABLE = (rows: number): string => `
  create unlogged table large as
    select number, repeat(md5(number::text), ${Math.floor(ROW_BYTES / 32)}) as content from generate_series(1, ${rows}) number`;
const CHECKSUM = 'select count(*), sum(number), sum(hashtext(content)::bigint) from large';
const MEMORY_TARGET_MB = 150;

interface Way {
  readonly name: 'forward' | 'direct';
  /** Where PostgreSQL's programs find the database. */
  readonly environment: NodeJS.ProcessEnv;
}

interface Figures {
  /** MB/s. */
  readonly dump: number;
  readonly restore: number;
  /** Transactions a second. */
  readonly transactions: number;
}

/** PostgreSQL's own programs through `forward`, in a local AWS whose agent keeps no pace, and the same directly. */
export async function databaseRows({ scale }: Bench): Promise<Row[]> {
  await using bastion = await startBastion({ faults: { ...FAST, readPauseMs: 0 } });
  const database = await openDatabase(bastion);
  const environment = { ...database.environment, PGSSLMODE: 'require' };
  const bytes = scale.large * 10;
  database.sql(TABLE(bytes / ROW_BYTES));
  await run('pgbench', ['-i', '-I', 'dtGvp', '-q'], environment);
  await using forward = await startForward(bastion, ['--task', await startTask(bastion), '--writer']);
  const [port] = forward.ports;
  const measureWay = (way: Way) =>
    Promise.race([
      measure(way, database, { directory: bastion.directory, bytes, seconds: scale.seconds }),
      forward.exited,
    ]);
  const direct = await measureWay({ name: 'direct', environment });
  const ours = await measureWay({ name: 'forward', environment: { ...environment, PGPORT: String(port) } });
  return [
    {
      name: `pg_dump of ${bytes / 1e6} MB, over forward / directly`,
      unit: 'MB/s',
      ours: ours.dump,
      other: direct.dump,
    },
    { name: 'pg_restore of it, over forward / directly', unit: 'MB/s', ours: ours.restore, other: direct.restore },
    {
      name: `pgbench -S, ${CLIENTS} clients for ${scale.seconds} s, over forward / directly`,
      unit: 'tps',
      ours: ours.transactions,
      other: direct.transactions,
    },
    {
      name: 'forward, peak memory of all that',
      unit: 'MB',
      target: { below: MEMORY_TARGET_MB },
      ours: costOf(forward.pid).peakMb,
    },
  ];
}

async function measure(
  { name, environment }: Way,
  database: Database,
  { directory, bytes, seconds }: { readonly directory: string; readonly bytes: number; readonly seconds: number },
): Promise<Figures> {
  const file = join(directory, `${name}.dump`);
  const dump = await secondsOf('pg_dump', ['-Fc', '-Z0', '-t', 'large', '-f', file, 'mydb'], environment);
  database.sql(`create database restored_${name}`);
  const restore = await secondsOf('pg_restore', ['-d', `restored_${name}`, file], environment);
  if (database.sql(CHECKSUM, `restored_${name}`) !== database.sql(CHECKSUM)) {
    throw new Error('what was restored is not what was dumped');
  }
  // Queries alone: updates would wait for each other's locks, and that over the network.
  const argv = ['-n', '-S', '-c', String(CLIENTS), '-j', '2', '-T', String(seconds)];
  const told = await run('pgbench', argv, environment);
  // As pgbench counts them: without the time of connecting.
  const transactions = Number(/^tps = ([\d.]+)/m.exec(told)?.[1]);
  return { dump: bytes / 1e6 / dump, restore: bytes / 1e6 / restore, transactions };
}

async function secondsOf(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  await run(program, argv, environment);
  return (performance.now() - startedAt) / 1000;
}

async function run(program: string, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(join(requirePostgres(), program), argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await using owned = own(child);
  const closed = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(`${program} (${owned.pid}) ended with ${code ?? 'a signal'}: ${errors}`);
  return output;
}
