import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Bastion, FAST, startBastion, startTask } from '../../__tests__/support/bastion';
import { openDatabase } from '../../__tests__/support/database';
import { startHelper } from '../../__tests__/support/helper';
import { requirePostgres } from '../../src/local-aws/tools';
import { own } from '../children';
import { takeTurns, within } from '../measure';
import type { Row } from '../row';
import type { ServerProcess } from '../server-process';
import { median } from '../statistics';
import { downloadRate } from './load';

const MANY = { connections: 10, bytes: 5_000_000 } as const;
const CLIENTS = 50;
const STREAMS = 4;
/** Queries alone: updates would wait for each other's locks, and that over the network. */
const PGBENCH = ['-n', '-S', '-c', String(CLIENTS), '-j', '2', '-T', '5'];
const LIMIT_MS = 60_000;

/** The command `forward` as a whole, in a local AWS and at its agent's pace: one session, and several side by side. */
export async function forwardRows(destination: ServerProcess, rounds: number): Promise<Row[]> {
  await using bastion = await startBastion({ faults: FAST });
  const database = await openDatabase(bastion);
  const environment = { ...database.environment, PGSSLMODE: 'require' };
  await pgbench(environment, ['-i', '-I', 'dtGvp', '-q']);
  const task = await startTask(bastion);
  const rates = { one: [] as number[], several: [] as number[] };
  const transactions = { forward: [] as number[], direct: [] as number[] };
  const take = async (name: keyof typeof rates, streams: number): Promise<void> => {
    const where = ['--writer', '--remote', `127.0.0.1:${destination.port}`];
    await using ports = await startForward(bastion, ['--task', task, '--streams', String(streams), ...where]);
    // All but the first session are opened in the background, and by the end of this they are there.
    await within(LIMIT_MS, name, downloadRate(ports.remote, MANY));
    rates[name].push(await within(LIMIT_MS, name, downloadRate(ports.remote, MANY)));
    if (streams > 1) return;
    transactions.forward.push(await transactionRate({ ...environment, PGPORT: String(ports.writer) }));
    transactions.direct.push(await transactionRate(environment));
  };
  await takeTurns(rounds, [() => take('one', 1), () => take('several', STREAMS)]);
  return [
    {
      name: `forward, down, ${MANY.connections} connections over ${STREAMS} sessions / over one`,
      unit: 'MB/s',
      ours: median(rates.several),
      other: median(rates.one),
      target: { atLeast: 2.5 },
    },
    {
      name: `pgbench -S, ${CLIENTS} clients, over forward / directly`,
      unit: 'tps',
      ours: median(transactions.forward),
      other: median(transactions.direct),
    },
  ];
}

/** Ports of this machine: to the database and to the other destination. */
async function startForward(
  { aws, outputsFile }: Bastion,
  argv: readonly string[],
): Promise<AsyncDisposable & { readonly writer: number; readonly remote: number }> {
  const helper = startHelper(['--outputs', outputsFile, 'forward', ...argv], aws.environment);
  const owned = own(helper.process);
  const close = async (): Promise<void> => {
    helper.process.kill('SIGINT');
    await helper.exitCode;
    await owned[Symbol.asyncDispose]();
  };
  try {
    await Promise.race([helper.tells(/Ctrl-C closes/), owned.exited]);
    const [writer = 0, remote = 0] = [...helper.story().matchAll(/127\.0\.0\.1:(\d+) →/g)].map(([, port]) =>
      Number(port),
    );
    return { writer, remote, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Transactions a second, as pgbench counts them: without the time of connecting. */
async function transactionRate(env: NodeJS.ProcessEnv): Promise<number> {
  return Number(/^tps = ([\d.]+)/m.exec(await within(LIMIT_MS, 'pgbench', pgbench(env, PGBENCH)))?.[1]);
}

async function pgbench(env: NodeJS.ProcessEnv, argv: readonly string[]): Promise<string> {
  const child = spawn(join(requirePostgres(), 'pgbench'), argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await using owned = own(child);
  const closed = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(`pgbench (${owned.pid}) ended with ${code ?? 'a signal'}: ${errors}`);
  return output;
}
