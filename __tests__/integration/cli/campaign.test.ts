import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../../../src/local-aws/processes';
import { type Bastion, startBastion } from '../../support/bastion';
import { startHelper } from '../../support/helper';
import { startNetwork } from '../../support/network';
import { generator } from '../../support/random';

/** In all; CAMPAIGN_RUNS sets another number (300 take five minutes), and CAMPAIGN_SEED another start. */
const RUNS = Number(process.env.CAMPAIGN_RUNS ?? 100);
const SEED = Number(process.env.CAMPAIGN_SEED ?? 1);
const AT_ONCE = 4;
/** No helper takes longer, whatever has befallen it. */
const HELPER_LIMIT_MS = 60_000;
/** From the last helper's end: the service's idle limit, the lease, and a loaded machine. */
const END_LIMIT_MS = 40_000;
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;
const MISHAPS = ['signal', 'network gone', 'network away', 'API failures'] as const;
type Mishap = (typeof MISHAPS)[number];
/** A start takes about a second, and the command another. */
const LATEST_MS = 2_500;
const FAST = {
  startDelayMs: 150,
  agentDelayMs: 50,
  targetNotConnectedMs: 100,
  yumDelayMs: 0,
  firstOutputDelayMs: 0,
  idleLimitMs: 10_000,
};

interface Run {
  readonly seed: number;
  readonly mishap: Mishap;
}

let bastion: Bastion;
/** The one whose calls fail, one in ten. */
let unreliable: Bastion;

beforeAll(async () => {
  [bastion, unreliable] = await Promise.all([startBastion({ faults: FAST }), startBastion({ faults: { ...FAST } })]);
  unreliable.aws.setFaults({ ...FAST, apiFailureRate: 0.1 });
});

/** @returns how it ended: its exit code or the signal, and whether its output is right */
async function mishap({ seed, mishap: kind }: Run): Promise<string> {
  const random = generator(seed);
  const { aws, outputsFile } = kind === 'API failures' ? unreliable : bastion;
  await using network = await startNetwork(aws);
  const environment = { ...aws.environment, ...network.variables };
  const options = ['--outputs', outputsFile, '--idle-timeout', '8s', '--max-lifetime', '60s'];
  const {
    process: child,
    exitCode,
    output,
    story,
  } = startHelper([...options, 'exec', '--', 'echo one; sleep 0.7; echo two'], environment);
  const giveUp = new AbortController();
  const limit = sleep(HELPER_LIMIT_MS, undefined, { signal: giveUp.signal }).then(
    () => child.kill('SIGKILL') && 'too late',
    () => undefined,
  );
  const work = async (): Promise<void> => {
    await sleep(random() * LATEST_MS);
    const signal = SIGNALS[Math.floor(random() * SIGNALS.length)] ?? 'SIGTERM';
    if (kind === 'signal') child.kill(signal);
    if (kind === 'network gone' || kind === 'network away') network.cut();
    await sleep(300);
    // Without a network a helper waits for it; somebody ends it.
    if (kind === 'network gone') child.kill(signal);
    if (kind === 'network away') network.mend();
  };
  await work();
  const code = await Promise.race([exitCode, limit]);
  giveUp.abort();
  expect(story()).not.toMatch(/^\s+at |a fault of this program/m);
  const isWhole = output() === 'one\ntwo\n';
  // Whoever says that all went well has done all there was to do.
  expect({ seed, kind, isClaimed: code === 0 && !isWhole }).toEqual({ seed, kind, isClaimed: false });
  return code === 0 ? 'done' : code === null ? 'killed' : String(code);
}

it(`${RUNS} mishaps leave no task and no process`, async () => {
  const runs = Array.from({ length: RUNS }, (_, at) => ({
    seed: SEED + at,
    mishap: MISHAPS[at % MISHAPS.length] ?? 'signal',
  }));
  const outcomes = new Map<Mishap, Map<string, number>>();
  const queue = [...runs];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
        const outcome = await mishap(run);
        const counts = outcomes.get(run.mishap) ?? new Map<string, number>();
        outcomes.set(run.mishap, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
      }
    }),
  );
  process.stdout.write(`${table(outcomes)}\n`);
  // What passes is survived: nearly always, since a call is given up after seven tries.
  for (const kind of ['network away', 'API failures'] as const) {
    expect(outcomes.get(kind)?.get('done') ?? 0).toBeGreaterThan((RUNS / MISHAPS.length) * 0.8);
  }
  expect([...outcomes.values()].filter((counts) => counts.has('too late'))).toEqual([]);
  // Whatever was left behind ends by its lease.
  const deadline = Date.now() + END_LIMIT_MS;
  for (const { aws } of [bastion, unreliable]) {
    const living = (): unknown[] => aws.tasks().filter(({ lastStatus }) => lastStatus !== 'STOPPED');
    while (living().length > 0 && Date.now() < deadline) await sleep(100);
    expect(living()).toEqual([]);
  }
}, 1_200_000);

afterAll(async () => {
  for (const one of [bastion, unreliable]) {
    await one[Symbol.asyncDispose]();
    expect(processesWith(`LOCAL_AWS_INSTANCE=${one.aws.id}`)).toEqual([]);
  }
}, 60_000);

/** A line for each mishap: how many runs ended how. */
function table(outcomes: ReadonlyMap<Mishap, ReadonlyMap<string, number>>): string {
  return [...outcomes]
    .map(([kind, counts]) => {
      const sorted = [...counts].toSorted(([one], [other]) => one.localeCompare(other));
      return `${kind.padEnd(14)}${sorted.map(([outcome, count]) => `${outcome}: ${count}`).join(', ')}`;
    })
    .join('\n');
}
