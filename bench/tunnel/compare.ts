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

const plugin = pluginStart(process.env);

/**
 * The same figures of ours, of the official client where there is one, and of a relay; medians. Each round has a new
 * process, so what one round says of several figures belongs together.
 * @returns the columns of a row for each figure
 */
export async function compareTunnels<Name extends string>(
  { agent, destination, rounds }: TunnelBench,
  { delayMs, pauseMs }: Way,
  measure: (tunnel: Tunnel) => Promise<Record<Name, number>>,
): Promise<(name: Name) => Pick<Row, 'ours' | 'plugin' | 'limit'>> {
  const figures = {
    ours: [] as Record<Name, number>[],
    plugin: [] as Record<Name, number>[],
    limit: [] as Record<Name, number>[],
  };
  const { port } = destination;
  const ticket = () => agent.ticket({ task: 'port', protocol: 'session', delayMs, pauseMs, port });
  const take = async (name: keyof typeof figures, starting: Promise<Tunnel>): Promise<void> => {
    await using tunnel = await starting;
    figures[name].push(await within(MEASUREMENT_LIMIT_MS, name, Promise.race([measure(tunnel), tunnel.exited])));
  };
  await takeTurns(rounds, [
    () => take('ours', startOurs(ticket())),
    ...(plugin === undefined ? [] : [() => take('plugin', plugin(ticket()))]),
    () => take('limit', startRelay({ port, delayMs })),
  ]);
  const middle = (of: readonly Record<Name, number>[], name: Name): number => median(of.map((one) => one[name]));
  return (name) => ({
    ours: middle(figures.ours, name),
    plugin: plugin === undefined ? undefined : middle(figures.plugin, name),
    limit: middle(figures.limit, name),
  });
}
