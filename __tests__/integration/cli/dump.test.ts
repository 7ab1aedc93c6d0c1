import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase, ROWS, ROWS_LIMIT_MS, seed } from '../../support/database';
import { CONNECT, PROJECT, runHelper, startHelper } from '../../support/helper';
import { Tmux } from '../../support/tmux';

const STEADY = { readPauseMs: 1, readChunkBytes: 8192 };
const FAST_AGENT = { ...FAST, readPauseMs: 0 };

jest.setTimeout(ROWS_LIMIT_MS);

let bastion: Bastion;
let database: Database;
let task: string;
let folder: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST_AGENT });
  database = await openDatabase(bastion);
  database.sql(seed(ROWS));
  task = await startTask(bastion);
}, 60_000 + ROWS_LIMIT_MS);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

beforeEach(() => {
  bastion.aws.setFaults(FAST_AGENT);
  folder = temporaryDirectory();
});

const helper = (...argv: readonly string[]): ReturnType<typeof runHelper> =>
  runHelper(['--outputs', bastion.outputsFile, '--task', task, ...argv], bastion.aws.environment);

/** pg_dump's text of a database, without what is new in each run. */
const textOf = (name: string): string => database.dump(name).replaceAll(/^\\(un)?restrict .*$/gm, '');

async function emptyDatabase(name: string): Promise<string> {
  database.sql(`create database ${name}`);
  await Promise.resolve();
  return name;
}

it.each([
  ['custom', 'a.dump', []],
  ['custom', 'streams.dump', ['--streams', '3']],
  ['plain', 'a.sql', []],
  ['plain', 'streams.sql', ['--streams', '2']],
])('%s, in %s %s: what is restored is what was dumped', async (_format, name, more) => {
  const file = join(folder, name);
  const dumped = await helper('dump', file, ...more);
  expect([dumped.exitCode, dumped.output]).toEqual([0, '']);
  expect(dumped.story).toMatch(/^Dumped into .*: [\d.]+ [kM]B in \d+:\d\d, SHA-256 [0-9a-f]{64}$/m);
  expect(readdirSync(folder)).toEqual([name]);
  const target = await emptyDatabase(`copy_${name.replace('.', '_')}`);
  const restored = await helper('restore', file, '--dbname', target);
  expect([restored.exitCode, restored.output, restored.story]).toEqual([
    0,
    '',
    expect.stringMatching(/\nRestored from .*: [\d.]+ [kM]B in \d+:\d\d\n$/),
  ]);
  expect(restored.story).not.toContain('not empty');
  expect(textOf(target) === textOf('mydb')).toBe(true);
});

describe('dump', () => {
  it('to standard output is the dump and nothing else', async () => {
    const { exitCode, output } = await helper('dump', '-', '--', '-Fp', '--schema-only');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^--\n-- PostgreSQL database dump\n[^]*-- PostgreSQL database dump complete\n[^]*$/);
  });

  it.each([
    ['custom', [], /^aurora-bg-\d{8}-\d{6}\.dump$/],
    ['plain', ['-Fp'], /^aurora-bg-\d{8}-\d{6}\.sql$/],
  ])('%s without a name gives one where the user stands, for nobody else and not for git', async (_, more, name) => {
    const argv = ['--outputs', bastion.outputsFile, '--task', task, 'dump', '--', '-t', 'sums', ...more];
    // As npm does.
    const env = { ...bastion.aws.environment, INIT_CWD: folder };
    await promisify(execFile)('sh', ['src/cli/bin/run', ...argv], { cwd: PROJECT, env });
    const [made = '', ...others] = readdirSync(folder);
    expect([made, others]).toEqual([expect.stringMatching(name), []]);
    expect(statSync(join(folder, made)).mode & 0o777).toBe(0o600);
    execFileSync('git', ['check-ignore', '--quiet', made], { cwd: PROJECT });
  });

  it('keeps a file that is there, unless --force', async () => {
    const file = join(folder, 'a.dump');
    writeFileSync(file, 'precious');
    const { exitCode, story } = await helper('dump', file);
    expect([exitCode, story]).toEqual([1, `Error: ${file} exists already\nAdd --force to replace it\n`]);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await helper('dump', file, '--force', '--', '-t', 'sums')).exitCode).toBe(0);
    expect(readFileSync(file, 'latin1')).toMatch(/^PGDMP/);
  });

  it.each([
    ['a folder that is not there', 'nowhere/a.dump', [], /nowhere\/a\.dump: no such file or folder/],
    ['a folder in its place', '.', [], /is a folder/],
    ['a table that is not there', 'a.dump', ['--', '-t', 'nope'], /no matching tables were found[^]*nothing was kept/],
    ['a database that is not there', 'a.dump', ['--dbname', 'nope'], /database "nope" does not exist/],
    ['an option of pg_dump that is none', 'a.dump', ['--', '--nope'], /unrecognized option[^]*nothing was kept/],
  ])('%s: says so, and nothing is left', async (_name, file, more, message) => {
    const { exitCode, output, story } = await helper('dump', join(folder, file), ...more);
    expect([exitCode, output, readdirSync(folder)]).toEqual([1, '', []]);
    expect(story).toMatch(message);
    expect(story).not.toMatch(/^\s+at /m);
  });

  it.each([
    [['dump', 'a', 'b'], 'dump writes one file'],
    [['dump', 'a', '--streams', '9'], '--streams is "9", expected 1 to 5'],
    [['dump', 'a', '--', '-Fd'], 'dump writes no format "d"'],
    [['dump', 'a', '--', '--file=x'], '--file=x cannot be used here'],
    [['restore'], 'restore needs a file'],
    [['restore', 'a', '--', '-j4'], '-j4 cannot be used here'],
  ])('%j is wrong usage', async (argv, message) => {
    const { exitCode, story } = await helper(...argv);
    expect([exitCode, story.split('\n')[0]]).toEqual([2, `Error: ${message}`]);
  });

  it('onto a disk that is full says so, and leaves nothing', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    try {
      const { exitCode, story } = await helper('dump', join(disk, 'a.dump'));
      expect([exitCode, readdirSync(disk)]).toEqual([1, []]);
      expect(story).toContain('a.dump: the disk is full\nMake room and try again: nothing was kept of it\n');
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it.each([[[]], [['--streams', '3']]])('20 cuts of its sessions lose and double nothing %j', async (more) => {
    const file = join(folder, 'a.dump');
    const whole = join(folder, 'whole.dump');
    expect((await helper('dump', whole)).exitCode).toBe(0);
    // Each session carries its share. The agent resends ten frames a second, so few may be on their way at once.
    const bytes = (statSync(whole).size * 4) / 3;
    bastion.aws.setFaults({ ...FAST_AGENT, ...STEADY, cutEveryBytes: Math.floor(bytes / 20) });
    const { exitCode, story } = await helper('dump', file, ...more);
    bastion.aws.setFaults(FAST_AGENT);
    expect([exitCode, story]).toEqual([0, expect.stringContaining('Dumped into')]);
    const target = await emptyDatabase(`cuts_${String(more.length)}`);
    expect((await helper('restore', file, '--dbname', target)).exitCode).toBe(0);
    expect(textOf(target) === textOf('mydb')).toBe(true);
  });

  it('at a terminal shows how far it is; Ctrl-C leaves no file and the terminal as it was', async () => {
    bastion.aws.setFaults(FAST);
    using terminal = new Tmux({ env: bastion.aws.environment, cwd: PROJECT });
    const before = await terminal.settings();
    const line = [...CONNECT, '--outputs', bastion.outputsFile, '--task', task, 'dump', join(folder, 'a.dump')];
    terminal.line(`${line.join(' ')}; echo "code $?"`);
    await terminal.shows(/^[\d.]+ kB {2}[\d.]+ kB\/s {2}\d:\d\d (so far|left)$/m);
    terminal.press('C-c');
    const screen = await terminal.shows(/^code 130$/m);
    expect(screen).not.toMatch(/so far|left$/m);
    expect([readdirSync(folder), await terminal.settings()]).toEqual([[], before]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s half-way leaves no file under its name', async (signal) => {
    bastion.aws.setFaults(FAST);
    const file = join(folder, 'a.dump');
    const running = startHelper(
      ['--outputs', bastion.outputsFile, '--task', task, 'dump', file],
      bastion.aws.environment,
    );
    const partial = (): number =>
      readdirSync(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
    while (partial() < 50_000) await sleep(20);
    running.process.kill(signal);
    await running.exitCode;
    const left = readdirSync(folder);
    expect(left).toEqual(signal === 'SIGTERM' ? [] : [expect.stringMatching(/^\.a\.dump\..*\.part$/)]);
    bastion.aws.setFaults(FAST_AGENT);
    expect((await helper('dump', file)).exitCode).toBe(0);
  });
});

describe('restore', () => {
  let file: string;

  beforeAll(async () => {
    file = join(temporaryDirectory(), 'all.dump');
    expect((await helper('dump', file)).exitCode).toBe(0);
  }, ROWS_LIMIT_MS);

  it.each([
    ['that is not there', undefined, /no such file or folder/],
    ['that is empty', '', /is empty/],
    ['that is compressed', '\x1f\x8b\x08\x00', /is compressed with gzip\nUnpack it with gunzip first/],
    ['that is a ZIP archive', 'PK\x03\x04', /is a ZIP archive/],
    [
      'that is a tar archive',
      `${'\0'.repeat(257)}ustar`,
      /is a tar archive\nMake the dump with `dump`, in the custom format/,
    ],
    ['that is something else', 'ELF\0\x01\x02', /is no dump: neither pg_dump’s custom format nor SQL/],
    ['that is broken', 'PGDMP\x01\x0e\x00rest', /pg_restore: error:[^]*nothing was restored/],
    ['with an error in it', 'create table half (a int);\nselect 1/0;\n', /division by zero[^]*nothing was restored/],
  ])('a file %s is named, and nothing is restored', async (_name, content, message) => {
    const path = join(folder, 'bad');
    if (content !== undefined) writeFileSync(path, content, 'latin1');
    const { exitCode, story } = await helper('restore', path);
    expect([exitCode, story]).toEqual([1, expect.stringMatching(message)]);
    expect(story).not.toMatch(/^\s+at /m);
    expect(database.sql("select to_regclass('half')")).toBe('');
  });

  it('into a database that is not empty warns, stops at the first error, and changes nothing', async () => {
    const before = textOf('mydb');
    const { exitCode, story } = await helper('restore', file);
    expect(exitCode).toBe(1);
    expect(story).toMatch(
      /Warning: the database is not empty, it has 2 tables[^]*already exists[^]*nothing was restored\n$/,
    );
    expect(textOf('mydb') === before).toBe(true);
  });

  it('takes the options of pg_restore, and works without one transaction', async () => {
    const target = await emptyDatabase('schema_only');
    const own = ['--schema=public', '--section=pre-data'];
    const { exitCode } = await helper('restore', file, '--dbname', target, '--no-single-transaction', '--', ...own);
    expect([exitCode, database.sql('select count(*) from everything', target)]).toEqual([0, '0']);
  });

  it('20 cuts of its session lose and double nothing', async () => {
    const target = await emptyDatabase('restore_cuts');
    const { size } = statSync(file);
    bastion.aws.setFaults({ ...FAST_AGENT, cutEveryBytes: Math.floor(size / 20) });
    expect((await helper('restore', file, '--dbname', target)).exitCode).toBe(0);
    expect(textOf(target) === textOf('mydb')).toBe(true);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s half-way, it has restored nothing', async (signal) => {
    const target = await emptyDatabase(`ended_${signal.toLowerCase()}`);
    const large = join(folder, 'large.sql');
    const slow = "create table half (a text);\ninsert into half values ('x');\nselect pg_sleep(1);\n";
    // No pipe holds the rest.
    writeFileSync(
      large,
      `${slow}${Array.from({ length: 5000 }, () => `-- ${randomBytes(5000).toString('base64')}\n`).join('')}`,
    );
    const running = startHelper(
      ['--outputs', bastion.outputsFile, '--task', task, 'restore', large, '--dbname', target],
      bastion.aws.environment,
    );
    const lock = `select count(*) from pg_locks l join pg_database d on d.oid = l.database where d.datname = '${target}' and mode = 'RowExclusiveLock'`;
    while (database.sql(lock) === '0') await sleep(20);
    running.process.kill(signal);
    await running.exitCode;
    // Nobody ends the session of a killed client but the service, after 20 minutes; here sooner.
    bastion.aws.setFaults({ ...FAST_AGENT, idleLimitMs: 1_000 });
    while (database.sql(`select count(*) from pg_stat_activity where datname = '${target}'`) !== '0') await sleep(50);
    expect(database.sql("select to_regclass('half')", target)).toBe('');
    bastion.aws.setFaults(FAST_AGENT);
    const again = await helper('restore', file, '--dbname', target);
    expect(again.exitCode).toBe(0);
  });
});
