import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, caller, FAST, startBastion, startTask } from '../../__tests__/support/bastion';
import { openDatabase } from '../../__tests__/support/database';
import { startHelper } from '../../__tests__/support/helper';
import { requirePostgres } from '../../src/local-aws/tools';
import { own } from '../children';
import { takeTurns, within } from '../measure';
import type { Row } from '../row';
import type { ServerProcess } from '../server-process';
import { median } from '../statistics';
import { downloadRate } from './load';

const MANY = { connections: 10, bytes: 6_000_000 } as const;
const CLIENTS = 50;
const STREAMS = 4;
const PGBENCH_SECONDS = 5;
const LIMIT_MS = 60_000;

/** The command `forward` as a whole, in a local AWS and at its agent's pace: one session, and several side by side. */
export async function forwardRows(destination: ServerProcess, rounds: number): Promise<Row[]> {
  await using bastion = await startBastion({ faults: FAST });
  const { environment } = await openDatabase(bastion);
  await pgbench(environment, ['-i', '-I', 'dtGvp', '-q']);
  const task = await startTask(bastion);
  const forward = (streams: number, ...argv: readonly string[]) =>
    startForward(bastion, streams, ['--task', task, '--streams', String(streams), ...argv]);
  const figures = new Map<string, number[]>();
  const take = async (name: string, measure: Promise<number>): Promise<void> => {
    figures.set(name, [...(figures.get(name) ?? []), await within(LIMIT_MS, name, measure)]);
  };
  const rate = async (streams: number): Promise<number> => {
    await using port = await forward(streams, '--remote', `127.0.0.1:${destination.port}`);
    return await downloadRate(port.port, MANY);
  };
  const transactions = async (streams: number): Promise<number> => {
    await using port = await forward(streams);
    return await transactionRate({ ...environment, PGPORT: String(port.port), PGSSLMODE: 'require' });
  };
  await takeTurns(rounds, [
    () => take('one', rate(1)),
    () => take('several', rate(STREAMS)),
    () => take('pgbench one', transactions(1)),
    () => take('pgbench several', transactions(STREAMS)),
    () => take('pgbench', transactionRate({ ...environment, PGSSLMODE: 'require' })),
  ]);
  const middle = (name: string): number => median(figures.get(name) ?? []);
  const bench = `pgbench, ${CLIENTS} clients`;
  return [
    {
      name: `forward, down, ${MANY.connections} connections over ${STREAMS} sessions / over one`,
      unit: 'MB/s',
      ours: middle('several'),
      other: middle('one'),
      target: { atLeast: 2.5 },
    },
    { name: `${bench}, over forward / directly`, unit: 'tps', ours: middle('pgbench one'), other: middle('pgbench') },
    {
      name: `${bench}, over ${STREAMS} sessions / over one`,
      unit: 'tps',
      ours: middle('pgbench several'),
      other: middle('pgbench one'),
    },
  ];
}

/** Until all of its sessions are there. */
async function startForward(
  bastion: Bastion,
  streams: number,
  argv: readonly string[],
): Promise<AsyncDisposable & { readonly port: number }> {
  const { aws, outputsFile } = bastion;
  const helper = startHelper(['--outputs', outputsFile, 'forward', '--port', '0', ...argv], aws.environment);
  const owned = own(helper.process);
  const close = async (): Promise<void> => {
    helper.process.kill('SIGINT');
    await helper.exitCode;
    await owned[Symbol.asyncDispose]();
  };
  try {
    await Promise.race([helper.tells(/127\.0\.0\.1:\d+ →/), owned.exited]);
    const call = caller(aws.endpoint);
    for (let connected = 0; connected < streams;) {
      const { Sessions } = (await call('ssm', 'DescribeSessions', { State: 'Active' })) as {
        Sessions: { Status: string }[];
      };
      connected = Sessions.filter(({ Status }) => Status === 'Connected').length;
      if (connected < streams) await sleep(50);
    }
    const port = Number(/127\.0\.0\.1:(\d+) →/.exec(helper.story())?.[1]);
    return { port, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Transactions a second, as pgbench counts them: without the time of connecting. */
async function transactionRate(env: NodeJS.ProcessEnv): Promise<number> {
  const output = await pgbench(env, ['-n', '-c', String(CLIENTS), '-j', '2', '-T', String(PGBENCH_SECONDS)]);
  return Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
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
