import { FAST, startBastion, startTask } from '../../__tests__/support/bastion';
import { takeTurns, within } from '../measure';
import type { Row } from '../row';
import type { ServerProcess } from '../server-process';
import { median } from '../statistics';
import { startForward } from './forward-process';
import { downloadRate } from './load';

const STREAMS = 4;
/** The same number for each session: with ten the fullest has three of them, and all would take no less than 3/10. */
const CONNECTIONS = 12;
const LIMIT_MS = 60_000;
/**
 * The agent's, in ms: its own, at which four agents in one process have as much to do as it can, and a slower one, at
 * which only the number of sessions counts.
 */
const PACES = [
  { pauseMs: 1, bytes: 5_000_000, atLeast: 2.5 },
  { pauseMs: 5, bytes: 1_500_000, atLeast: 3.5 },
] as const;

/** The command `forward` as a whole, in a local AWS: one session, and several side by side. */
export async function forwardRows(destination: ServerProcess, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const pace of PACES) rows.push(await severalSessions(destination, rounds, pace));
  return rows;
}

async function severalSessions(
  destination: ServerProcess,
  rounds: number,
  { pauseMs, bytes, atLeast }: (typeof PACES)[number],
): Promise<Row> {
  await using bastion = await startBastion({ faults: { ...FAST, readPauseMs: pauseMs } });
  const task = await startTask(bastion);
  const rates = { one: [] as number[], several: [] as number[] };
  const take = async (name: keyof typeof rates, streams: number): Promise<void> => {
    const where = ['--remote', `127.0.0.1:${destination.port}`];
    await using forward = await startForward(bastion, ['--task', task, '--streams', String(streams), ...where]);
    const [port = 0] = forward.ports;
    const measuring = Promise.race([downloadRate(port, { connections: CONNECTIONS, bytes }), forward.exited]);
    rates[name].push(await within(LIMIT_MS, name, measuring));
  };
  await takeTurns(rounds, [() => take('one', 1), () => take('several', STREAMS)]);
  return {
    name: `forward, down, ${CONNECTIONS} connections over ${STREAMS} sessions / over one, ${pauseMs} ms of pace`,
    unit: 'MB/s',
    ours: median(rates.several),
    other: median(rates.one),
    target: { atLeast },
  };
}
