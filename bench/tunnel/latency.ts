import { Disposables } from '../../src/local-aws/disposables';
import type { Row } from '../row';
import { median, percentile } from '../statistics';
import { columnsOf, type ContenderName, measureOver, starters, type TunnelBench, type Way } from './compare';
import type { Tunnel } from './contenders';
import { connectTimes, roundTrips } from './load';

/** The way, in ms each way, and in each round so many round trips of a byte and so many connections. */
const SAMPLES = [
  { delayMs: 0, echoes: 2000, connects: 50 },
  { delayMs: 1, echoes: 1000, connects: 50 }, // the same city
  { delayMs: 10, echoes: 600, connects: 20 }, // a region in the same country
] as const;
/** Of the agent, in ms: whoever is back with the next byte within a millisecond waits for it. */
const PACE_MS = 1;
/** Round trips of one tunnel before it is the next one's turn. */
const BLOCK = 25;
/**
 * Before anything is timed, so that it is a tunnel in use: the code of a process that has just begun is not yet compiled,
 * and is compiled anew when it has seen the first connections end.
 */
const WARM_UP = { times: 4, connections: 50, echoes: 100 } as const;
const TARGET = { atMost: 1 } as const;

/** In ms, by contender. */
interface Times {
  readonly echo: Record<ContenderName, number[]>;
  readonly connect: Record<ContenderName, number[]>;
}

/** What a tunnel adds to a byte's way, and to the making of a connection. */
export async function latencyRows(bench: TunnelBench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { delayMs, echoes, connects } of SAMPLES) {
    const { echo, connect } = await sideBySide(bench, { delayMs, pauseMs: PACE_MS }, { echoes, connects });
    const where = `${delayMs} ms each way`;
    const about = { unit: 'ms', target: TARGET } as const;
    for (const share of [0.5, 0.99]) {
      const name = `tunnel, a byte and its echo, ${share * 100} % of ${echoes * bench.rounds}, ${where}`;
      rows.push({ name, ...about, ...columnsOf(echo, (times) => percentile(times, share)) });
    }
    rows.push({ name: `tunnel, from connect to the first byte, ${where}`, ...about, ...columnsOf(connect, median) });
  }
  return rows;
}

/** All are open at once and take turns: what the machine does meanwhile is more than they differ by, and hits all alike. */
async function sideBySide(
  bench: TunnelBench,
  way: Way,
  { echoes, connects }: { readonly echoes: number; readonly connects: number },
): Promise<Times> {
  const times: Times = { echo: { ours: [], plugin: [], limit: [] }, connect: { ours: [], plugin: [], limit: [] } };
  for (let round = 0; round < bench.rounds; round += 1) {
    await using open = new Disposables();
    const tunnels: { readonly name: ContenderName; readonly tunnel: Tunnel }[] = [];
    for (const { name, start } of starters(bench, way)) {
      const tunnel = await start();
      open.use(tunnel);
      tunnels.push({ name, tunnel });
    }
    const each = async (measure: (port: number, name: ContenderName) => Promise<void>): Promise<void> => {
      for (const { name, tunnel } of tunnels) await measureOver(tunnel, name, (port) => measure(port, name));
      tunnels.reverse();
    };
    for (let time = 0; time < WARM_UP.times; time += 1) {
      await each(async (port) => {
        await roundTrips(port, WARM_UP.connections, WARM_UP.echoes);
      });
    }
    for (let counted = 0; counted < echoes; counted += BLOCK) {
      await each(async (port, name) => {
        times.echo[name].push(...(await roundTrips(port, 1, BLOCK)));
      });
    }
    for (let counted = 0; counted < connects; counted += 1) {
      await each(async (port, name) => {
        times.connect[name].push(...(await connectTimes(port, 1)));
      });
    }
  }
  return times;
}
