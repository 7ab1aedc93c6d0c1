import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase, ROWS, ROWS_LIMIT_MS, seed } from '../../support/database';
import { runHelper, startHelper } from '../../support/helper';
import { startNetwork } from '../../support/network';

const FAST_AGENT = { ...FAST, readPauseMs: 0 };
const STEADY = { readPauseMs: 1, readChunkBytes: 8192 };

jest.setTimeout(ROWS_LIMIT_MS);

let bastion: Bastion;
let database: Database;
let task: string;
let folder: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST_AGENT });
  database = await openDatabase(bastion);
  database.sql(seed(ROWS));
  database.sql(`
    create table people (id int primary key, name text not null check (name <> 'nobody'));
    create table odd ("Upper, case" text, "日本" text, "say ""x""" int);
    create table secrets (a int); revoke all on secrets from postgres;
  `);
  task = await startTask(bastion);
}, 60_000 + ROWS_LIMIT_MS);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

beforeEach(() => {
  bastion.aws.setFaults(FAST_AGENT);
  folder = temporaryDirectory();
  database.sql('truncate people, odd');
});

const argvOf = (argv: readonly string[]): readonly string[] => [
  '--outputs',
  bastion.outputsFile,
  '--task',
  task,
  ...argv,
];
const helper = (...argv: readonly string[]): ReturnType<typeof runHelper> =>
  runHelper(argvOf(argv), bastion.aws.environment);

/** Writes a file into the test's folder. */
function fileWith(content: string | Buffer): string {
  const path = join(folder, 'in.csv');
  writeFileSync(path, content);
  return path;
}

/** Rows of one that the other does not have, both ways. */
const difference = (one: string, other: string): string =>
  database.sql(`select count(*) from ((select e::text from ${one} e except all select e::text from ${other} e)
    union all (select e::text from ${other} e except all select e::text from ${one} e)) d`);

/**
 * Runs the helper while its sessions are cut by what they carry, so however long a connection takes and however many
 * rows there are: 20 times at least. @param carried bytes on their way to the client, about
 */
async function helperWithCuts(carried: number, agent: typeof FAST_AGENT, argv: readonly string[]): Promise<void> {
  await using network = await startNetwork(bastion.aws);
  bastion.aws.setFaults({ ...agent, cutEveryBytes: Math.floor(carried / 25) });
  const environment = { ...bastion.aws.environment, ...network.variables };
  expect((await runHelper(argvOf(argv), environment)).exitCode).toBe(0);
  const first = argv.includes('--streams') ? 3 : 1;
  expect(network.channels()).toBeGreaterThanOrEqual(first + 20);
}

/** Bytes that a file is on its way, before base64. */
const travels = (file: string): number =>
  Number(execFileSync('sh', ['-c', 'gzip -c "$1" | wc -c', 'sh', file]).toString());

let copies = 0;
function emptyCopy(): string {
  const name = `copy_${(copies += 1)}`;
  database.sql(`create table ${name} (like everything)`);
  return name;
}

it.each([
  ['as it is', [], []],
  ['over three streams', ['--streams', '3'], []],
  ['with other options', ['--delimiter', ';', '--null', 'N/A'], ['--delimiter', ';', '--null', 'N/A']],
  ['without a header', ['--no-header'], ['--no-header']],
])('what goes out comes in again row for row, %s', async (_name, outMore, inMore) => {
  const file = join(folder, 'a.csv');
  const out = await helper('copy-out', 'everything', file, ...outMore);
  expect([out.exitCode, out.output, out.story]).toEqual([0, '', expect.stringMatching(/Copied/)]);
  expect(out.story).toMatch(new RegExp(`^Copied ${ROWS} rows into .*a\\.csv: [\\d.]+ MB in \\d:\\d\\d$`, 'm'));
  const copy = emptyCopy();
  const back = await helper('copy-in', copy, file, ...inMore);
  expect([back.exitCode, back.output]).toEqual([0, '']);
  expect(back.story).toMatch(new RegExp(`^Copied ${ROWS} rows into ${copy}: `, 'm'));
  expect(difference('everything', copy)).toBe('0');
});

describe('copy-out', () => {
  it('of a query goes to standard output where no file is named', async () => {
    const { exitCode, output } = await helper('copy-out', 'select 1 as a, \'x;y\' as "b c", null as d -- the end');
    expect([exitCode, output]).toEqual([0, 'a,b c,d\n1,x;y,\n']);
  });

  it('in another encoding', async () => {
    const file = join(folder, 'a.csv');
    expect((await helper('copy-out', "select '日本' as a", file, '--encoding', 'SJIS')).exitCode).toBe(0);
    expect(readFileSync(file, 'latin1')).toBe('a\n\x93\xfa\x96{\n');
  });

  it('keeps a file that is there, unless --force', async () => {
    const file = fileWith('precious');
    const { exitCode, story } = await helper('copy-out', 'people', file);
    expect([exitCode, story]).toEqual([1, `Error: ${file} exists already\nAdd --force to replace it\n`]);
    expect((await helper('copy-out', 'people', file, '--force')).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('id,name\n');
  });

  it.each([
    ['a table that is not there', 'nope', /relation "nope" does not exist[^]*nothing was kept/, []],
    ['a query that is wrong', 'selec 1', /syntax error at or near "selec"[^]*nothing was kept/, []],
    [
      'a query that fails half-way',
      'select 10 / (5 - i) from generate_series(1, 9) i',
      /division by zero[^]*nothing was kept/,
      [],
    ],
    ['two queries', 'select 1; select 2', /There is more than one query/, []],
    ['a backslash command', '\\! id', /The query holds a backslash command/, []],
    ['no permission', 'secrets', /permission denied for table secrets[^]*nothing was kept/, []],
    [
      'a wrong encoding',
      "select '😀' as a",
      /has no equivalent in encoding "SJIS"[^]*nothing was kept/,
      ['--encoding', 'SJIS'],
    ],
    ['an unknown encoding', 'people', /must be a valid encoding name[^]*nothing was kept/, ['--encoding', 'nonsense']],
  ])('%s: says so, and keeps nothing', async (_name, source, message, more) => {
    const { exitCode, output, story } = await helper('copy-out', source, join(folder, 'a.csv'), ...more);
    expect([exitCode, output, readdirSync(folder), story]).toEqual([1, '', [], expect.stringMatching(message)]);
    expect(story).not.toMatch(/^\s+at |psql:</m);
  });

  it('onto a disk that is full says so, and leaves nothing', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    try {
      const { exitCode, story } = await helper('copy-out', 'everything', join(disk, 'a.csv'));
      expect([exitCode, readdirSync(disk), story]).toEqual([1, [], expect.stringContaining('a.csv: the disk is full')]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it.each([[[]], [['--streams', '3']]])('20 cuts of its sessions lose and double nothing %j', async (more) => {
    const file = join(folder, 'a.csv');
    expect((await helper('copy-out', 'everything', file)).exitCode).toBe(0);
    const whole = readFileSync(file);
    const argv = ['copy-out', 'everything', file, '--force', ...more];
    await helperWithCuts((travels(file) * 4) / 3, { ...FAST_AGENT, ...STEADY }, argv);
    expect(readFileSync(file).equals(whole)).toBe(true);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s half-way leaves no file under its name', async (signal) => {
    bastion.aws.setFaults(FAST);
    const file = join(folder, 'a.csv');
    const running = startHelper(argvOf(['copy-out', 'everything', file]), bastion.aws.environment);
    const partial = (): number => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    while (partial() < 50_000) await sleep(20);
    running.process.kill(signal);
    await running.exitCode;
    expect(readdirSync(folder)).toEqual(signal === 'SIGTERM' ? [] : [expect.stringMatching(/^\.a\.csv\..*\.part$/)]);
  });
});

describe('copy-in', () => {
  const people = (): string => database.sql('select * from people order by id');

  it('goes by the names of the header, in any order, also after a byte order mark and with ends of DOS', async () => {
    const file = fileWith('\uFEFFname,id\r\n"Tanaka, 太郎",2\r\nx,1\r\n');
    expect((await helper('copy-in', 'people', file)).exitCode).toBe(0);
    expect(people()).toBe('1|x\n2|Tanaka, 太郎');
  });

  it('takes names that must be quoted', async () => {
    const file = fileWith('"say ""x""",日本,"Upper, case"\n1,二,"3\n4"\n');
    expect((await helper('copy-in', 'odd', file)).exitCode).toBe(0);
    expect(database.sql('select * from odd')).toBe('3\n4|二|1');
  });

  it('in another encoding', async () => {
    const file = fileWith(Buffer.from('id,name\n1,\x93\xfa\x96{\n', 'latin1'));
    expect((await helper('copy-in', 'people', file, '--encoding', 'SJIS')).exitCode).toBe(0);
    expect(people()).toBe('1|日本');
  });

  it('from standard input', async () => {
    const running = startHelper(argvOf(['copy-in', 'people', '-']), bastion.aws.environment, 'pipe');
    running.process.stdin?.end('id,name\n7,seven\n');
    expect(await running.exitCode).toBe(0);
    expect(people()).toBe('7|seven');
  });

  it.each([
    ['that is not there', undefined, /in\.csv: no such file or folder/],
    ['that is empty', '', /in\.csv is empty: it has no header line/],
    [
      'with too few columns',
      'id,name\n1,a\n2\n',
      /missing data for column "name"\nCONTEXT: {2}COPY people, line 3[^]*people is as it was/,
    ],
    [
      'with too many columns',
      'id,name\n1,a,b\n',
      /extra data after last expected column\nCONTEXT: {2}COPY people, line 2[^]*as it was/,
    ],
    [
      'with a column that is not there',
      'id,nome\n1,a\n',
      /column "nome" of relation "people" does not exist[^]*as it was/,
    ],
    ['with a value of another type', 'id,name\none,a\n', /invalid input syntax for type integer: "one"[^]*as it was/],
    ['with a value that is refused', 'id,name\n1,a\n2,nobody\n', /violates check constraint[^]*as it was/],
    ['with a key twice', 'id,name\n1,a\n1,b\n', /duplicate key[^]*as it was/],
    ['with broken encoding', Buffer.from('id,name\n1,\xff\n', 'latin1'), /in\.csv:2: the line is not UTF-8/],
    ['with a NUL byte', 'id,name\n1,\0\n', /in\.csv:2: the line has a NUL byte/],
    ['with a quote that stays open', 'id,name\n1,"a\n', /in\.csv:2: a quote is opened here and never closed/],
    ['with \\. alone in a line', 'id,name\n1,"a\n\\.\nb"\n', /in\.csv:3: the line is \\\. alone/],
  ])('of a file %s: says so, and changes nothing', async (_name, content, message) => {
    const file = content === undefined ? join(folder, 'in.csv') : fileWith(content);
    const { exitCode, output, story } = await helper('copy-in', 'people', file);
    expect([exitCode, output, story]).toEqual([1, '', expect.stringMatching(message)]);
    expect(story).not.toMatch(/^\s+at |psql:\//m);
    expect(people()).toBe('');
  });

  it.each([
    ['a folder', 'people', '.', /is a folder/],
    ['a table that is not there', 'nope', 'in.csv', /relation "nope" does not exist/],
  ])('%s: says so', async (_name, table, name, message) => {
    fileWith('id,name\n1,a\n');
    const { exitCode, story } = await helper('copy-in', table, join(folder, name));
    expect([exitCode, story]).toEqual([1, expect.stringMatching(message)]);
  });

  it.each([
    [['copy-in', 'people'], 'copy-in needs a table and a file'],
    [['copy-in', 'a b', 'c'], '"a b" is no table’s name'],
    [['copy-out'], 'copy-out needs a table or a query'],
    [['copy-out', 'select', '1', 'a.csv'], 'copy-out takes a query and a file'],
    [['copy-out', 'a', '--delimiter', '::'], '--delimiter is one character of ASCII'],
    [['copy-out', 'a', '--encoding', "x'"], `--encoding "x'" is no name`],
  ])('%j is wrong usage', async (argv, message) => {
    const { exitCode, story } = await helper(...argv);
    expect([exitCode, story.split('\n')[0]]).toEqual([2, `Error: ${message}`]);
  });

  it('20 cuts of its session lose and double nothing', async () => {
    const file = join(folder, 'a.csv');
    expect((await helper('copy-out', 'everything', file)).exitCode).toBe(0);
    const copy = emptyCopy();
    // Each KB of input is answered with an acknowledgement of some 300 bytes.
    await helperWithCuts(travels(file) * 0.3, FAST_AGENT, ['copy-in', copy, file]);
    expect(difference('everything', copy)).toBe('0');
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s half-way changes nothing', async (signal) => {
    database.sql('create table if not exists notes (a text)');
    const lines = Array.from({ length: 40_000 }, () => randomBytes(600).toString('base64'));
    const running = startHelper(
      argvOf(['copy-in', 'notes', fileWith(`a\n${lines.join('\n')}\n`)]),
      bastion.aws.environment,
    );
    const copying =
      "select count(*) from pg_stat_progress_copy where relid = 'notes'::regclass and tuples_processed > 0";
    while (database.sql(copying) === '0') await sleep(10);
    running.process.kill(signal);
    await running.exitCode;
    // Nobody ends the session of a killed client but the service, after 20 minutes; here sooner.
    bastion.aws.setFaults({ ...FAST_AGENT, idleLimitMs: 1_000 });
    while (database.sql(copying.replace(' and tuples_processed > 0', '')) !== '0') await sleep(20);
    expect(database.sql('select count(*) from notes')).toBe('0');
    bastion.aws.setFaults(FAST_AGENT);
    expect((await helper('copy-in', 'notes', fileWith('a\nx\n'))).exitCode).toBe(0);
    expect(database.sql('select count(*) from notes; truncate notes')).toBe('1');
  });
});
