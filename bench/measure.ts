import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Session } from '../src/session/session';
import type { Agent, Opening } from './agent-process';
import { type Contender, pluginStart, type Start, startBare, startOurs, type Streams } from './contenders';
import { content, SETTLE_MS } from './content';
import { median, percentile } from './statistics';
import { UNSIGNED } from '../__tests__/support/unsigned';

/** How much is moved, and how often. */
export interface Scale {
  /** Bytes of a large transfer. */
  readonly large: number;
  /** Of what runs for a time. */
  readonly seconds: number;
  readonly rounds: number;
}

export interface Bench {
  readonly agent: Agent;
  readonly scale: Scale;
}

const plugin = pluginStart(process.env);
/** Far more than any takes. */
export const MEASUREMENT_LIMIT_MS = 40_000;
const CLOCK_TICKS_PER_SECOND = 100;

/** The same measurement of ours, of the official client where there is one, and of the limit; medians. */
export async function compare(
  { agent, scale }: Bench,
  { streams = 'terminal', ...opening }: Omit<Opening, 'protocol'> & { readonly streams?: Streams },
  measure: (contender: Contender) => Promise<number>,
): Promise<{ readonly ours: number; readonly plugin: number | undefined; readonly limit: number }> {
  const figures = { ours: [] as number[], plugin: [] as number[], limit: [] as number[] };
  const take = async (name: keyof typeof figures, start: Start, protocol: Opening['protocol']): Promise<void> => {
    await using contender = start(agent.ticket({ ...opening, protocol }), streams);
    figures[name].push(await within(MEASUREMENT_LIMIT_MS, name, measure(contender)));
  };
  const turns = [
    () => take('ours', startOurs, 'session'),
    ...(plugin === undefined ? [] : [() => take('plugin', plugin, 'session')]),
    () => take('limit', startBare, 'bare'),
  ];
  await takeTurns(scale.rounds, turns);
  return {
    ours: median(figures.ours),
    plugin: plugin === undefined ? undefined : median(figures.plugin),
    limit: median(figures.limit),
  };
}

/** Each first as often as last, so that a machine that warms up or gets busy favours none. */
export async function takeTurns(rounds: number, turns: readonly (() => Promise<void>)[]): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
}

/** Gives up on what does not end. */
export async function within<T>(limitMs: number, name: string, work: Promise<T>): Promise<T> {
  const timeout = new AbortController();
  work.catch(() => undefined); // when it loses, its process is ended
  const late = sleep(limitMs, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`the measurement of ${name} does not end`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timeout.abort();
  }
}

/** MB/s of what the agent sends. */
export async function downloadRate({ tally }: Contender, bytes: number): Promise<number> {
  await tally.bytes(bytes);
  return bytes / 1000 / (tally.lastAt - tally.firstAt);
}

/** MB/s of what the agent gets, by its own clock. */
export async function uploadRate(contender: Contender, bytes: number): Promise<number> {
  await settled(contender);
  contender.write(content(bytes).toString('latin1'));
  const seconds = Number(await contender.tally.line());
  if (!(seconds > 0)) throw new Error('what arrived is not what was sent');
  return bytes / 1e6 / seconds;
}

/** A client prepares its terminal after the first output; what is typed before that is echoed here, and cut. */
async function settled({ tally }: Contender): Promise<void> {
  await tally.mark();
  await sleep(SETTLE_MS);
}

/** Milliseconds from a key to its echo: this share of the keys is faster, after so many that are not counted. */
export async function keyRoundTrip(
  contender: Contender,
  { uncounted, keys, share }: { readonly uncounted: number; readonly keys: number; readonly share: number },
): Promise<number> {
  const { tally } = contender;
  await settled(contender);
  const times: number[] = [];
  for (let key = 1; key <= uncounted + keys; key += 1) {
    const pressedAt = performance.now();
    contender.write('k');
    await tally.bytes(key);
    times.push(performance.now() - pressedAt);
  }
  return percentile(times.slice(uncounted), share);
}

/** Milliseconds from a ticket to the first byte of a session in this process. */
export async function ticketToFirstByte({ agent, scale }: Bench): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    const startedAt = performance.now();
    await using session = await Session.open(agent.ticket({ task: 'echo', protocol: 'session' }), { access: UNSIGNED });
    await once(session.output, 'data');
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

/** Processor seconds and peak memory of a process, from Linux' `/proc`. */
export function costOf(pid: number): { readonly cpuSeconds: number; readonly peakMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND, peakMb: peakKb / 1000 };
}
