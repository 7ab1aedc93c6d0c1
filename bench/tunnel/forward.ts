import { FAST, startBastion, startTask } from '../../__tests__/support/bastion';
import { takeTurns, within } from '../measure';
import type { Row } from '../row';
import type { ServerProcess } from '../server-process';
import { median } from '../statistics';
import { startForward } from './forward-process';
import { downloadRate } from './load';

const MANY = { connections: 10, bytes: 5_000_000 } as const;
const STREAMS = 4;
const LIMIT_MS = 60_000;

/** The command `forward` as a whole, in a local AWS and at its agent's pace: one session, and several side by side. */
export async function forwardRows(destination: ServerProcess, rounds: number): Promise<Row[]> {
  await using bastion = await startBastion({ faults: FAST });
  const task = await startTask(bastion);
  const rates = { one: [] as number[], several: [] as number[] };
  const take = async (name: keyof typeof rates, streams: number): Promise<void> => {
    const where = ['--remote', `127.0.0.1:${destination.port}`];
    await using forward = await startForward(bastion, ['--task', task, '--streams', String(streams), ...where]);
    const [port = 0] = forward.ports;
    rates[name].push(await within(LIMIT_MS, name, Promise.race([downloadRate(port, MANY), forward.exited])));
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
  ];
}
