import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, FAST, startBastion, startTask } from '../../support/bastion';
import { CredentialsSource } from '../../support/credentials-source';
import { eventually } from '../../support/eventually';
import { CONNECT, type Helper, PROJECT, startHelper } from '../../support/helper';
import { type Network, startNetwork } from '../../support/network';
import { Tmux } from '../../support/tmux';
import { type Line, TrafficServer } from '../../support/traffic';

/** One hour of a clock that is quick: so often the service closes sockets, and so long credentials last. */
const HOUR_MS = 2_500;
const HOURS = 24;
const CONNECTIONS = 10;
/** By it no session is refused five times in a row. */
const SEED = 7;

/** The helpers start with credentials that end some hours later, so that none is late on a slow machine. */
const DAWN = { ...FAST, readPauseMs: 0, credentialsLastMs: 8 * HOUR_MS };
const DAY = { ...DAWN, credentialsLastMs: HOUR_MS, socketLimitMs: HOUR_MS };
const REFUSALS = { resumeFailure: 'denied', resumeFailureRate: 0.1, seed: SEED } as const;

let bastion: Bastion;
let task: string;
let source: CredentialsSource;
let server: TrafficServer;
const helpers: Helper[] = [];
const networks: Network[] = [];
const terminals: Tmux[] = [];

beforeAll(async () => {
  bastion = await startBastion({ faults: DAWN });
  task = await startTask(bastion);
  source = await CredentialsSource.start(bastion.aws);
}, 60_000);

beforeEach(async () => {
  bastion.aws.setFaults(DAWN);
  source.manner = 'fresh';
  server = await TrafficServer.start();
});

afterEach(async () => {
  bastion.aws.setFaults(DAWN);
  source.manner = 'fresh';
  for (const { process, exitCode } of helpers.splice(0)) {
    process.kill('SIGTERM');
    await exitCode;
  }
  for (const terminal of terminals.splice(0)) terminal[Symbol.dispose]();
  for (const network of networks.splice(0)) await network[Symbol.asyncDispose]();
  server[Symbol.dispose]();
}, 30_000);

afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await bastion[Symbol.asyncDispose]();
}, 60_000);

const inTask = (...argv: string[]): string[] => ['--outputs', bastion.outputsFile, '--task', task, ...argv];

/** A network of one helper's own, and the helper's environment, in which there are temporary credentials alone. */
async function place(): Promise<{ readonly network: Network; readonly env: NodeJS.ProcessEnv }> {
  const network = await startNetwork(bastion.aws);
  networks.push(network);
  return { network, env: source.environment({ ...bastion.aws.environment, ...network.variables }) };
}

interface Forward {
  readonly helper: Helper;
  readonly network: Network;
  readonly dial: () => Promise<Line>;
}

async function startForward(): Promise<Forward> {
  const { network, env } = await place();
  const helper = startHelper(inTask('forward', '--remote', `localhost:${server.port}`, '--port', '0'), env);
  helpers.push(helper);
  await helper.tells(/Ctrl-C closes/);
  const port = Number(/127\.0\.0\.1:(\d+) →/.exec(helper.story())?.[1]);
  return { helper, network, dial: () => server.dial(port) };
}

async function startShell(): Promise<{ readonly terminal: Tmux; readonly network: Network }> {
  const { network, env } = await place();
  const terminal = new Tmux({ env, cwd: PROJECT, columns: 160 });
  terminals.push(terminal);
  terminal.line(`${[...CONNECT, ...inTask()].join(' ')}; echo "code $?"`);
  await terminal.shows(/ready \(.*\)\n#$/m, 30_000);
  return { terminal, network };
}

/** How often a session has been taken up again; each time its socket had been closed. */
const resumptions = (network: Network): number =>
  network.answers('ResumeSession').filter((status) => status === 200).length;
const refusals = (network: Network): number => network.answers('ResumeSession').length - resumptions(network);

/** The answer is not in what is typed. */
const typed = (n: number): string => `echo "<$((1000 + ${n}))>"`;
/**
 * Wherever they stand in their lines: of lines that arrive together after an interruption, the terminal's driver may echo
 * the beginning of the next before the shell has answered the last.
 */
const answers = (screen: string): number[] => [...screen.matchAll(/<(\d+)>/g)].map(([, n]) => Number(n) - 1000);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

/** Keeps one connection in use until it is over, opened anew when it breaks. @returns how often it broke */
async function keepTalking(dial: () => Promise<Line>, isOver: () => boolean): Promise<number> {
  for (let broke = 0; ; broke += 1) {
    using line = await dial();
    await line.talk();
    while (!isOver() && !line.isClosed && line.wrong === undefined) await sleep(20);
    if (line.wrong !== undefined) throw new Error(line.wrong);
    if (line.isClosed) continue;
    await line.goesOn();
    await line.settle();
    return broke;
  }
}

/** Types a line each half second until it is over. @returns the number of the last */
async function keepTyping(terminal: Tmux, isOver: () => boolean): Promise<number> {
  for (let n = 1; ; n += 1) {
    terminal.line(typed(n));
    await sleep(500);
    if (isOver()) return n;
  }
}

it(`twenty-four hours: nothing is lost by each hour's close and credentials (seed ${SEED})`, async () => {
  const forward = await startForward();
  const shell = await startShell();
  const streaming = await place();
  const dusk = join(bastion.directory, 'dusk');
  const ticks = `n=0; while [ ! -e ${dusk} ]; do n=$((n + 1)); echo line $n; sleep 0.05; done; echo end $n >&2`;
  const stream = startHelper(inTask('exec', '--', ticks), streaming.env);
  helpers.push(stream);
  await eventually('the first line', () => stream.output().includes('line 1\n'));
  const all = [forward.network, shell.network, streaming.network];

  let isOver = false;
  bastion.aws.setFaults({ ...DAY, ...REFUSALS });
  const talking = Promise.all(upTo(CONNECTIONS).map(() => keepTalking(forward.dial, () => isOver)));
  const typing = keepTyping(shell.terminal, () => isOver);
  for (const one of [talking, typing]) one.catch(() => undefined); // of the first failure the test tells
  try {
    for (let hour = 1; hour <= HOURS; hour += 1) {
      await eventually(`the end of hour ${hour}`, () => all.every((network) => resumptions(network) >= hour));
      using another = await forward.dial();
      await another.exchange(5);
    }
    // What has lived till here goes on, without a close that could wake it up.
    bastion.aws.setFaults(DAWN);
  } finally {
    isOver = true;
    writeFileSync(dusk, '');
  }

  // What broke would have been opened anew; with refusals that are asked again nothing has to.
  const lost = (await talking).reduce((sum, one) => sum + one, 0);
  expect([lost, /session was lost/.test(forward.helper.story())]).toEqual([0, false]);
  forward.helper.process.kill('SIGINT');
  expect(await forward.helper.exitCode).toBe(130);

  const last = await typing;
  shell.terminal.line('exit');
  expect(answers(await shell.terminal.shows(/^code 0$/m, 30_000))).toEqual(upTo(last));

  expect(await stream.exitCode).toBe(0);
  const ticked = Number(/^end (\d+)$/m.exec(stream.story())?.[1]);
  expect(stream.output()).toBe(
    upTo(ticked)
      .map((n) => `line ${n}\n`)
      .join(''),
  );

  // The day was what it is taken for: some were refused, and each ticket had an address of its own.
  expect(all.reduce((sum, network) => sum + refusals(network), 0)).toBeGreaterThan(0);
  for (const { upgrades } of all) expect(new Set(upgrades).size).toBe(upgrades.length);
}, 300_000);

it('credentials that are not to be had for two hours: says what to renew, and goes on when there are others', async () => {
  const forward = await startForward();
  const shell = await startShell();
  const lines = await Promise.all(upTo(5).map(() => forward.dial()));
  await Promise.all(lines.map((line) => line.talk()));
  const all = [forward.network, shell.network];
  bastion.aws.setFaults(DAY);
  await eventually('the end of an hour', () => all.every((network) => resumptions(network) >= 1));

  source.manner = 'fails';
  await forward.helper.tells(
    /could not be opened, it is tried on: No AWS credentials were found \(.*\)\. Pass --profile/,
  );
  await shell.terminal.shows(/Connection lost: No AWS credentials were found/, 30_000);
  source.manner = 'ended';
  await forward.helper.tells(/could not be opened, it is tried on: AWS refused the credentials \(.*\)\. Sign in again/);
  await shell.terminal.shows(/Connection lost: AWS refused the credentials .*Sign in again/, 30_000);
  await sleep(HOUR_MS);
  shell.terminal.line(typed(1));
  const waiting = forward.dial();
  expect(forward.helper.process.exitCode).toBeNull();

  source.manner = 'fresh';
  using another = await waiting;
  await another.exchange(20);
  for (const line of lines) {
    await line.goesOn();
    await line.settle();
  }
  await forward.helper.tells(/Open again/);
  const [, ...told] = forward.helper.story().split('No AWS credentials were found');
  expect([told.length, told[0]?.match(/tried on:/g)?.length]).toEqual([1, 1]);
  await shell.terminal.shows(/Connected again, nothing is lost/);
  shell.terminal.line(typed(2));
  await shell.terminal.shows(/^<1002>$/m);
  shell.terminal.line('exit');
  expect(answers(await shell.terminal.shows(/^code 0$/m, 30_000))).toEqual([1, 2]);
}, 120_000);
