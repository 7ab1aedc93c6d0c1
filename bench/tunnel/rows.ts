import { type Bench, costOf, within } from '../measure';
import type { Row, Target } from '../row';
import { startServer } from '../server-process';
import { compareTunnels, type TunnelBench, type Way } from './compare';
import { startOurs } from './contenders';
import { forwardRows } from './forward';
import { latencyRows } from './latency';
import { downloadRate, type Transfer, uploadRate } from './load';

const CONNECTIONS = [1, 10, 50] as const;
/** Each way, in ms: a region in the same country. */
const FAR_MS = 10;
/** The agent's own, in ms. */
const PACE_MS = 1;
/** What one of the two sends at some hundred KB a second takes its time, so it is small. */
const PACED_BYTES = 2_000_000;
const UPLOAD_BYTES = 3_000_000;
const MANY = 50;
const MEMORY_LIMIT_MS = 180_000;
const MEMORY_TARGET_MB = 150;

/** Forwarded ports: our session-manager-plugin beside the official one and a TCP relay. */
export async function tunnelRows({ agent, scale }: Bench): Promise<Row[]> {
  await using destination = await startServer('bench/tunnel/destination');
  const bench = { agent, destination, rounds: scale.rounds };
  const near = { delayMs: 0, pauseMs: 0 };
  return [
    ...(await rates(bench, 'down, at the agent’s pace', { delayMs: 0, pauseMs: PACE_MS }, downloadRate, {
      bytes: PACED_BYTES,
      target: { atLeast: 1 },
    })),
    ...(await rates(bench, 'down, without a pace', near, downloadRate, {
      bytes: scale.large * 2,
      target: { atLeast: 2 },
    })),
    ...(await rates(bench, 'up', near, uploadRate, { bytes: UPLOAD_BYTES })),
    ...(await rates(bench, `up, ${FAR_MS} ms each way`, { delayMs: FAR_MS, pauseMs: 0 }, uploadRate, {
      bytes: UPLOAD_BYTES,
      target: { atLeast: 8 },
    })),
    ...(await latencyRows(bench)),
    await memory(bench, scale.large * 10),
    ...(await forwardRows(destination, scale.rounds)),
  ];
}

async function rates(
  bench: TunnelBench,
  what: string,
  way: Way,
  measure: (port: number, transfer: Transfer) => Promise<number>,
  { bytes, target }: { readonly bytes: number; readonly target?: Target },
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const connections of CONNECTIONS) {
    const columns = await compareTunnels(bench, way, (port) => measure(port, { connections, bytes }));
    const name = `tunnel ${what}, ${connections === 1 ? '1 connection' : `${connections} connections`}`;
    rows.push({ name, unit: 'MB/s', target, ...columns });
  }
  return rows;
}

/** Half of it down, half of it up. */
async function memory({ agent, destination }: TunnelBench, bytes: number): Promise<Row> {
  const ticket = agent.ticket({ task: 'port', protocol: 'session', port: destination.port });
  await using tunnel = await startOurs(ticket);
  const move = async (): Promise<number> => {
    const half = { connections: MANY, bytes: bytes / 2 };
    await downloadRate(tunnel.port, half);
    await uploadRate(tunnel.port, half);
    return costOf(tunnel.pid).peakMb;
  };
  return {
    name: `tunnel, peak memory, ${MANY} connections, ${bytes / 1e6} MB`,
    unit: 'MB',
    target: { below: MEMORY_TARGET_MB },
    ours: await within(MEMORY_LIMIT_MS, 'memory', Promise.race([move(), tunnel.exited])),
  };
}
