import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../../../src/local-aws/processes';
import { type Bastion, startBastion } from '../../support/bastion';
import { CONNECT, PROJECT } from '../../support/helper';
import { Tmux } from '../../support/tmux';

let bastion: Bastion;
let terminal: Tmux;
let before: string;

beforeAll(async () => {
  bastion = await startBastion({
    faults: { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, yumDelayMs: 0 },
  });
});

afterAll(() => bastion[Symbol.asyncDispose]());

beforeEach(async () => {
  terminal = new Tmux({ env: bastion.aws.environment, cwd: PROJECT });
  before = await terminal.settings();
});

afterEach(() => {
  bastion.aws.setFaults({});
  terminal[Symbol.dispose]();
});

/** Types the helper's command line and waits for what it shows first. */
async function open(command = '', first = /ready \(.*\)\n#$/m): Promise<void> {
  terminal.line(`${[...CONNECT, '--outputs', bastion.outputsFile].join(' ')} ${command}; echo "code $?"`);
  await terminal.shows(first);
}

/** The helper has ended with this code, the terminal is as it was, and no task runs. */
async function hasLeft(exitCode: number): Promise<string> {
  const screen = await terminal.shows(new RegExp(`^code ${exitCode}$`, 'm'));
  expect(await terminal.settings()).toBe(before);
  for (let tries = 0; bastion.aws.tasks().some(({ lastStatus }) => lastStatus !== 'STOPPED'); tries += 1) {
    if (tries > 200) throw new Error('a task still runs');
    await sleep(50);
  }
  return screen;
}

const helperPids = (): number[] =>
  processesWith(bastion.aws.endpoint).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('src/cli/bin/connect'),
  );

it('the shell’s exit code is ours', async () => {
  await open();
  terminal.line('exit 42');
  await hasLeft(42);
});

it('so is a program’s, at a terminal of its own', async () => {
  await open(`exec -t -- 'test -t 0 && test -t 1 && echo at a terminal; exit 9'`, /^at a terminal$/m);
  await hasLeft(9);
});

it('Ctrl-D at psql leaves with its code', async () => {
  await open('psql', /mydb=>$/m);
  terminal.press('C-d');
  await hasLeft(0);
});

it('vi edits a file, in a window that changes its size', async () => {
  await open();
  terminal.line('vi note.txt');
  await terminal.shows(/^~\n~/m);
  terminal.resize(120, 40);
  terminal.type('ihello from vi');
  terminal.press('Escape');
  await terminal.shows(/^hello from vi$/m);
  terminal.type(':wq');
  terminal.press('Enter');
  await terminal.shows(/^#$/m);
  terminal.line('clear; cat note.txt; stty size; exit');
  await terminal.shows(/^hello from vi\n40 120$/m);
  await hasLeft(0);
});

it('less pages, and leaves the screen as it found it', async () => {
  await open();
  terminal.line('echo above; seq 1 1000 > numbers; less numbers');
  await terminal.shows(/^20$/m);
  terminal.press('G');
  await terminal.shows(/^1000$/m);
  terminal.press('q');
  await terminal.shows(/^above\n#$/m);
  terminal.line('exit');
  await hasLeft(0);
});

it('psql pages a long result', async () => {
  await open('psql', /mydb=>$/m);
  terminal.line('\\setenv PAGER less');
  await terminal.shows(/PAGER less\nmydb=>$/m);
  terminal.line('select generate_series(1,1000) as n;');
  await terminal.shows(/^ +20\n[^]*:$/m);
  terminal.press('G');
  await terminal.shows(/\(1000 rows\)/);
  terminal.press('q');
  await terminal.shows(/mydb=>$/m);
  terminal.line('\\q');
  await hasLeft(0);
});

it('Ctrl-Z stops a program of the shell, which goes on with it', async () => {
  await open();
  terminal.line('bash --norc -i');
  await terminal.shows(/^bash-[\d.]+[#$]$/m);
  terminal.line(`PS1='> '; sh -c 'echo asleep; exec sleep 1000'`);
  await terminal.shows(/^asleep$/m);
  terminal.press('C-z');
  await terminal.shows(/Stopped[^]*^>$/m);
  terminal.line('fg');
  await terminal.shows(/^> fg\nsh -c .*$/m);
  terminal.press('C-c');
  await terminal.shows(/\^C\n>$/m);
  terminal.line('exit 3');
  await terminal.shows(/^#$/m);
  terminal.line('exit 4');
  await hasLeft(4);
});

it('a paste of 1 MB arrives whole', async () => {
  const lines = Array.from({ length: 10_000 }, (_, n) => `${String(n).padStart(8, '0')} ${'paste '.repeat(15)}\n`).join(
    '',
  );
  const file = join(bastion.directory, 'paste');
  writeFileSync(file, lines);
  await open();
  // Without echo, and as a reader that takes its time to start.
  terminal.line('stty -echo; echo receiving; sleep 0.5; sha256sum; stty echo');
  await terminal.shows(/^receiving$/m);
  terminal.paste(file);
  terminal.press('C-d');
  await terminal.shows(new RegExp(`^${createHash('sha256').update(lines).digest('hex')}  -$`, 'm'), 60_000);
  terminal.line('exit');
  await hasLeft(0);
});

describe('every other way out leaves the terminal as it was, and no task', () => {
  it('Enter ~ . out of a program that hangs', async () => {
    await open();
    terminal.line(`sh -c 'echo hung; trap "" INT QUIT TSTP; sleep 1000'`);
    await terminal.shows(/^hung$/m);
    terminal.press('C-c');
    terminal.press('Enter');
    await sleep(100); // keys that come together are pasted, not typed
    terminal.type('~');
    await sleep(100);
    terminal.type('.');
    expect(await hasLeft(255)).toMatch(/left with ~\./);
  });

  it('~? explains, and ~~ is a tilde', async () => {
    await open();
    terminal.type('~');
    await sleep(100);
    terminal.type('?');
    await terminal.shows(/~\. {2}leaves the session/);
    terminal.type('~');
    await sleep(100);
    terminal.type('~');
    terminal.line('; echo /~.');
    await terminal.shows(/^\/~\.$/m);
    terminal.line('exit');
    await hasLeft(0);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const)('%s', async (signal, exitCode) => {
    await open();
    for (const pid of helperPids()) process.kill(pid, signal);
    await hasLeft(exitCode);
  });

  it('a crash of the helper', async () => {
    const crash = join(bastion.directory, 'crash.cjs');
    writeFileSync(crash, `process.on('SIGUSR2', () => { setImmediate(() => { throw new Error('crashed'); }); });`);
    terminal.line(`export NODE_OPTIONS="--require ${crash}"`);
    await open();
    for (const pid of helperPids()) process.kill(pid, 'SIGUSR2');
    expect(await hasLeft(1)).toMatch(/Error: crashed \(a fault of this program\)/);
  });

  it('a session that is ended from outside', async () => {
    await open();
    terminal.line('vi');
    await terminal.shows(/^~\n~/m);
    bastion.aws.setFaults({ idleLimitMs: 500 });
    expect(await hasLeft(255)).toMatch(/The session was lost: .*inactivity/);
  });

  it('a session that is lost and cannot be resumed', async () => {
    await open();
    bastion.aws.setFaults({ cutEveryMs: 1, resumeFailure: 'unknown' });
    terminal.line('echo');
    expect(await hasLeft(255)).toMatch(/The session was lost: .*cannot be resumed/);
  });
});

it('a lost connection comes back, and what was typed meanwhile arrives', async () => {
  await open();
  bastion.aws.setFaults({ cutEveryMs: 1, refuseConnect: true });
  terminal.line('echo typed while away');
  await terminal.shows(/Connection lost: .*Enter ~ \. leaves/);
  bastion.aws.setFaults({});
  await terminal.shows(/^typed while away$/m);
  await terminal.shows(/Connected again/);
  terminal.line('exit');
  await hasLeft(0);
});
