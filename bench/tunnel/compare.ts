import type { Agent } from '../agent-process';
import { MEASUREMENT_LIMIT_MS, takeTurns, within } from '../measure';
import type { Row } from '../row';
import type { ServerProcess } from '../server-process';
import { median } from '../statistics';
import { pluginStart, startOurs, startRelay, type Tunnel } from './contenders';

/** What tunnels are measured with. */
export interface TunnelBench {
  readonly agent: Agent;
  readonly destination: ServerProcess;
  readonly rounds: number;
}

/** The way to the destination. */
export interface Way {
  /** Each way, in ms. */
  readonly delayMs: number;
  /** Of the agent, after each 1024 bytes that it sends, in ms. */
  readonly pauseMs: number;
}

export type ContenderName = 'ours' | 'plugin' | 'limit';

/** Opens a tunnel of its own each time. */
export interface Starter {
  readonly name: ContenderName;
  readonly start: () => Promise<Tunnel>;
}

const plugin = pluginStart(process.env);

/** Ours, the official client where there is one, and a relay, which is the limit. */
export function starters({ agent, destination: { port } }: TunnelBench, { delayMs, pauseMs }: Way): Starter[] {
  const ticket = () => agent.ticket({ task: 'port', protocol: 'session', delayMs, pauseMs, port });
  return [
    { name: 'ours', start: () => startOurs(ticket()) },
    ...(plugin === undefined ? [] : [{ name: 'plugin', start: () => plugin(ticket()) } as const]),
    { name: 'limit', start: () => startRelay({ port, delayMs }) },
  ];
}

/** A measurement that neither takes too long nor outlives its tunnel. */
export function measureOver<T>(tunnel: Tunnel, name: ContenderName, measure: (port: number) => Promise<T>): Promise<T> {
  return within(MEASUREMENT_LIMIT_MS, name, Promise.race([measure(tunnel.port), tunnel.exited]));
}

/** What was measured of each; undefined where there is none. @returns the columns of a row */
export function columnsOf<T>(
  figures: Readonly<Record<ContenderName, readonly T[]>>,
  of: (figures: readonly T[]) => number,
): Pick<Row, ContenderName> {
  return {
    ours: of(figures.ours),
    plugin: figures.plugin.length === 0 ? undefined : of(figures.plugin),
    limit: of(figures.limit),
  };
}

/** The same figure of each contender, each round with a new process; medians. */
export async function compareTunnels(
  bench: TunnelBench,
  way: Way,
  measure: (port: number) => Promise<number>,
): Promise<Pick<Row, ContenderName>> {
  const figures: Record<ContenderName, number[]> = { ours: [], plugin: [], limit: [] };
  const turns = starters(bench, way).map(({ name, start }) => async () => {
    await using tunnel = await start();
    figures[name].push(await measureOver(tunnel, name, measure));
  });
  await takeTurns(bench.rounds, turns);
  return columnsOf(figures, median);
}
