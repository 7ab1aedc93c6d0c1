import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase } from '../../support/database';
import { runPsql, runSql, type SqlResult, temporaryFiles } from '../../support/sql';

const FAST_AGENT = { ...FAST, readPauseMs: 0 };
let bastion: Bastion;
let database: Database;
let task: string;
let folder: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST_AGENT });
  database = await openDatabase(bastion);
  task = await startTask(bastion);
});

afterAll(() => bastion[Symbol.asyncDispose]());

beforeEach(() => {
  folder = temporaryDirectory();
  database.sql('drop schema public cascade; create schema public;');
});

afterEach(() => {
  expect(temporaryFiles(bastion)).toEqual([]);
});

const put = (name: string, text: string | Buffer): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const sql = (argv: readonly string[], input?: string | Buffer): Promise<SqlResult> =>
  runSql(bastion, task, { argv, input, cwd: folder });
const psql = (argv: readonly string[], input?: string | Buffer): Promise<SqlResult> =>
  runPsql(database.environment, { argv, input, cwd: folder });

describe('says what psql says', () => {
  beforeEach(() => {
    put('a.sql', "create table t (a int, b text);\ninsert into t values (1, 'x'), (2, null);\nselect * from t;\n");
    put('bad.sql', 'select 1;\n\nselect\n  nope;\nselect 3;\n');
    put('notice.sql', "\ndo $$ begin raise notice 'two\nlines'; raise warning 'w'; end $$;\n");
    put(
      'meta.sql',
      '\\set x 5\n\\if true\nselect :x as x \\gset y_\n\\endif\n\\echo :y_x\n\\pset null ?\nselect null;\n\\d nope\n',
    );
    put('日本 語.sql', "select '日本' as 列;\nselect '\n;\n");
    put('quit.sql', 'select 1;\n\\q\nselect 2;\n');
    put('unfinished.sql', 'select 1;\nselect 2');
    put(
      'data.sql',
      'create table d (a text);\ncopy d from stdin;\n\\\\! x\na\\tb\n\\.\nselect a, length(a) from d;\n\\copy d from stdin csv\n"x;"\n\\.\ntable d;\n',
    );
  });

  it.each([
    ['a result', ['-f', 'a.sql']],
    ['a -c', ['-c', "select 1 as a; select 'x;:y' as b, a[2:3] from (select array[1,2,3] as a) s"]],
    ['a -c with a mistake, whose exit code is 1', ['-c', 'select 1', '-c', 'select nope; select 2', '-c', 'select 3']],
    ['a -f with a mistake, whose exit code is 3', ['-c', 'select 1', '-f', 'bad.sql', '-c', 'select 3']],
    ['notices', ['-f', 'notice.sql', '-c', "do $$ begin raise notice 'n'; end $$"]],
    ['backslash commands and variables', ['-f', 'meta.sql']],
    ['a -c with a backslash', ['-c', '\\echo a  b', '-c', '\\dn']],
    ['a -c with a backslash that is wrong', ['-c', '\\d nope']],
    ['names and text that are not ASCII, and a quote without an end', ['-f', '日本 語.sql']],
    ['\\q, after which the next one runs', ['-f', 'quit.sql', '-c', 'select 3']],
    ['a statement without its semicolon', ['-f', 'unfinished.sql', '-c', 'select 3']],
    ['data in a script', ['-f', 'data.sql']],
    ['-A', ['-A', '-c', 'select 1 as a, 2 as b']],
    ['-t', ['-t', '-c', 'select 1 as a']],
    ['-x', ['-x', '-c', 'select 1 as a, 2 as b']],
    ['-F', ['-A', '-F', '; ', '-c', 'select 1 as a, 2 as b']],
    ['-q', ['-q', '-c', 'create table q ()']],
    ['--csv', ['--csv', '-c', `select 1 as a, 'x,"y"\n' as b, null as c`, '-c', 'select 2']],
    ['-v', ['-v', "a=it's \\ :b", '-v', 'b=', '-c', '\\echo :a :b']],
    ['-d', ['-d', 'postgres', '-At', '-c', 'select current_database()']],
    ['a broken encoding', ['-c', "select '\\x', convert_from('\\xff', 'UTF8')"]],
    ['a lost connection, whose exit code is 2', ['-c', 'select pg_terminate_backend(pg_backend_pid())']],
  ])('%s', async (_what, argv) => {
    const expected = await psql(argv);
    database.sql('drop schema public cascade; create schema public;');
    // Where psql shows a part of what it was sent, ours may begin a line later.
    expect(await sql(argv)).toEqual(expected);
  });

  it('of standard input', async () => {
    const script = 'select 1;\nselect nope;\n';
    const expected = await psql(['-f', '-'], script);
    expect(expected.story).toMatch(/^psql:<stdin>:2: ERROR/);
    expect(await sql([], script)).toEqual(expected);
  });

  it('of bytes that are no UTF-8', async () => {
    put('latin.sql', Buffer.from("select '\xe9';\n", 'latin1'));
    const { exitCode, story } = await sql(['-f', 'latin.sql']);
    expect([exitCode, story]).toEqual([3, expect.stringMatching(/^psql:latin\.sql:1: ERROR: +invalid byte sequence/)]);
    const latin = await sql([
      '--encoding',
      'LATIN1',
      '-At',
      '-c',
      "select octet_length(convert_to('x', 'UTF8'))",
      '-f',
      'latin.sql',
    ]);
    expect([latin.exitCode, latin.story]).toEqual([0, '']);
  });
});

it('runs what -c, -f and - give, in this order', async () => {
  put('b.sql', 'select 2');
  const argv = ['-At', '-c', 'select 1; select 1.5', '-f', 'b.sql', '-f', '-', '-c', '\\echo 4'];
  expect(await sql(argv, 'select 3;')).toEqual({ exitCode: 0, output: '1\n1.5\n2\n3\n4\n', story: '' });
});

it('of a -c that fails nothing stays; of a -f what came before; with -1 nothing of all', async () => {
  put('a.sql', 'create table a ();\nselect nope;\ncreate table b ();\n');
  const tables = (): string =>
    database.sql("select string_agg(tablename, ',') from pg_tables where schemaname = 'public'");
  expect([(await sql(['-c', 'create table c (); select nope'])).exitCode, tables()]).toEqual([1, '']);
  expect([(await sql(['-1', '-c', 'create table c ()', '-f', 'a.sql'])).exitCode, tables()]).toEqual([3, '']);
  expect([(await sql(['-c', 'create table c ()', '-f', 'a.sql'])).exitCode, tables()]).toEqual([3, 'c,a']);
});

it('a -c that copies takes standard input', async () => {
  database.sql('create table t (a text, b int)');
  const { exitCode, output } = await sql(['-c', 'copy t from stdin csv header'], 'a,b\n"x\ny",1\n\\.x,2\n');
  expect([exitCode, output]).toEqual([0, 'COPY 2\n']);
  expect((await sql(['-c', '\\copy t from pstdin csv'], 'z,3\n')).output).toBe('COPY 1\n');
  expect((await sql(['-At', '-c', 'copy (select a from t where b <> 1 order by b) to stdout'])).output).toBe(
    '\\\\.x\nz\n',
  );
});

describe('local files', () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 7919) % 251));

  it('go and come by \\copy as with the psql of this machine', async () => {
    put('in dir/it’s.csv', `a,b\n${Array.from({ length: 5000 }, (_, n) => `${n},"日本 ""${n}""\n"`).join('\n')}\n`);
    const script = `create table t (a int, b text);
\\copy t from 'in dir/it’s.csv' csv header
\\copy (select * from t where b <> ';' order by a desc) to 'OUT.csv' (format csv, header)
\\copy t to 'OUT.bin' (format binary)
create table u (like t);
\\o OUT.txt
select count(*) from t;
\\o
select sum(a) from t \\g 'OUT sum.txt'
\\o /dev/null
select 1;
`;
    put('ours.sql', script.replaceAll('OUT', 'ours'));
    put('theirs.sql', script.replaceAll('OUT', 'theirs'));
    const expected = await psql(['-f', 'theirs.sql']);
    database.sql('drop schema public cascade; create schema public;');
    const { exitCode, output, story } = await sql(['-f', 'ours.sql']);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expected.output });
    expect(story).toMatch(
      /^Written: .*ours\.csv\nWritten: .*ours\.bin\nWritten: .*ours\.txt\nWritten: .*ours sum\.txt\n$/,
    );
    for (const name of ['.csv', '.bin', '.txt', ' sum.txt']) {
      expect([
        name,
        readFileSync(join(folder, `ours${name}`)).equals(readFileSync(join(folder, `theirs${name}`))),
      ]).toEqual([name, true]);
    }
    database.sql('create table v (like t)');
    expect(
      (await sql(['-c', "\\copy v from 'ours.bin' (format binary)", '-Atc', 'select count(*) from v'])).output,
    ).toBe('COPY 5000\n5000\n');
  });

  it('hold any bytes', async () => {
    put('x.bin', Buffer.concat([bytes.filter((byte) => byte > 13 && byte !== 92), Buffer.from('\n')]));
    put('a.sql', '\\copy t from x.bin (encoding latin1)\n\\copy t to y.bin (encoding latin1)\n');
    database.sql('create table t (a text)');
    expect(await sql(['-f', 'a.sql'])).toEqual({
      exitCode: 0,
      output: 'COPY 1\nCOPY 1\n',
      story: expect.anything() as string,
    });
    expect(readFileSync(join(folder, 'y.bin')).equals(readFileSync(join(folder, 'x.bin')))).toBe(true);
  });

  it('are included where they are, and named in errors', async () => {
    put('a.sql', 'select 1;\n\\ir sub/b.sql\nselect 2;\n\\i sub/bad.sql\n');
    put('sub/b.sql', '\\ir c.sql\nselect 12;\n');
    put('sub/c.sql', 'select 11');
    put('sub/bad.sql', 'select 21;\nselect nope;\n');
    const expected = await psql(['-At', '-f', 'a.sql']);
    expect(expected.story).toMatch(/^psql:sub\/bad\.sql:2: ERROR/);
    expect(await sql(['-At', '-f', 'a.sql'])).toEqual(expected);
    expect(await sql(['-At', '-c', '\\i sub/bad.sql'])).toEqual(await psql(['-At', '-c', '\\i sub/bad.sql']));
  });

  it('that are there stay, unless --force; of a script that fails nothing is left', async () => {
    put('x.csv', 'precious');
    const there = await sql(['-c', 'create table t ()', '-c', "\\copy (select 1) to 'x.csv'"]);
    expect([there.exitCode, there.story]).toEqual([
      1,
      `Error: ${folder}/x.csv exists already\nAdd --force to replace it\n`,
    ]);
    expect([read('x.csv'), database.sql("select to_regclass('t')")]).toEqual(['precious', '']);
    const fails = await sql([
      '--force',
      '-c',
      "\\copy (select 1) to 'x.csv'",
      '-c',
      '\\o new.txt',
      '-c',
      'select nope',
    ]);
    expect([fails.exitCode, read('x.csv'), readdirSync(folder)]).toEqual([1, 'precious', ['x.csv']]);
    expect((await sql(['--force', '-c', "\\copy (select 1) to 'x.csv'"])).exitCode).toBe(0);
    expect([read('x.csv'), readdirSync(folder)]).toEqual(['1\n', ['x.csv']]);
  });

  it('that no \\if lets be written do not appear', async () => {
    put('a.sql', '\\if false\n\\copy (select 1) to no.csv\n\\else\n\\copy (select 2) to yes.csv\n\\endif\n');
    expect((await sql(['-f', 'a.sql'])).exitCode).toBe(0);
    expect(readdirSync(folder)).toEqual(['a.sql', 'yes.csv']);
  });
});

describe('--json', () => {
  it('is an array of objects for each result', async () => {
    put(
      'a.sql',
      `create table t (a bigint, b numeric(20,3), c boolean, d text, e jsonb, f timestamptz, g int[]);
insert into t values (9007199254740993, -1.50, true, E'x "y"\\n日本', '{"k": [1, null]}', '2024-01-01 00:00+00', '{1,2}'), (null, 'NaN', null, '', null, null, null);
set timezone = 'UTC';
table t order by a;
\\echo to standard error
select * from t where false;
select 1 as id, 2 as id; select 'a' "x""y" \\g
\\set nothing ''
:nothing ;
copy t (a) from stdin;
5
\\.
insert into t (d) values ('r') returning d;
`,
    );
    const { exitCode, output, story } = await sql([
      '--json',
      '-f',
      'a.sql',
      '-c',
      'select 3 as "?"; show search_path',
      '-c',
      'create table u ()',
    ]);
    expect([exitCode, story]).toEqual([0, 'to standard error\n']);
    expect(output).toBe(
      `[{"a":9007199254740993,"b":-1.500,"c":true,"d":"x \\"y\\"\\n日本","e":{"k": [1, null]},"f":"2024-01-01 00:00:00+00","g":"{1,2}"},
 {"a":null,"b":"NaN","c":null,"d":"","e":null,"f":null,"g":null}]
[]
[{"id":1,"id_2":2}]
[{"x\\"y":"a"}]
[{"d":"r"}]
[{"?":3}]
[{"search_path":"\\"$user\\", public"}]
`,
    );
    expect(database.sql('select count(*), count(a) from t')).toBe('4|2');
  });

  it('runs every statement once, and stops at a mistake', async () => {
    database.sql('create table t (a int)');
    const { exitCode, output, story } = await sql(
      ['--json'],
      'insert into t values (1) returning a;\nselect 1/0;\ninsert into t values (2);\n',
    );
    expect([exitCode, output, story]).toEqual([3, '[{"a":1}]\n', 'psql:<stdin>:2: ERROR:  division by zero\n']);
    expect(database.sql('table t')).toBe('1');
  });
});

describe('bad input is named before anything runs', () => {
  it.each([
    [['-f', 'nope.sql'], undefined, 1, 'Error: nope.sql: no such file or folder\n'],
    [['-f', 'dir'], undefined, 1, 'Error: dir is a folder\nName a file\n'],
    [['-f', 'empty.sql'], undefined, 1, 'Error: empty.sql is empty\n'],
    [[], '', 1, 'Error: <stdin> is empty\n'],
    [['-f', 'nul.sql'], undefined, 1, 'Error: nul.sql:2: There is a NUL byte, which no SQL can have\n'],
    [
      ['-f', 'shell.sql'],
      undefined,
      1,
      'Error: shell.sql:2: \\! cannot be used here: it runs a command of the shell\nRun it before or after\n',
    ],
    [
      [],
      'select 1;\n\\! ls\n',
      1,
      'Error: <stdin>:2: \\! cannot be used here: it runs a command of the shell\nRun it before or after\n',
    ],
    [
      ['-c', 'select 1 \\g x'],
      undefined,
      1,
      'Error: -c takes SQL or one backslash command\nGive each a -c of its own\n',
    ],
    [
      ['-c', '\\! ls'],
      undefined,
      1,
      'Error: -c:1: \\! cannot be used here: it runs a command of the shell\nRun it before or after\n',
    ],
    [['-c', ''], undefined, 2, 'Error: -c has nothing to run\nSee --help\n'],
  ])('%j with %j', async (argv, input, exitCode, story) => {
    mkdirSync(join(folder, 'dir'));
    put('empty.sql', '');
    put('nul.sql', 'select 1;\nselect \0;\n');
    put('shell.sql', 'create table t ();\n\\! ls\n');
    const tasks = bastion.aws.tasks().length;
    const outcome = await runSql(bastion, task, { argv: ['--reason', 'x', ...argv], input, cwd: folder });
    expect(outcome).toEqual({ exitCode, output: '', story });
    expect([bastion.aws.tasks().length, database.sql("select to_regclass('t')")]).toEqual([tasks, '']);
  });
});

it('a login that fails says why', async () => {
  const { exitCode, output, story } = await sql(['-d', 'nope', '-c', 'select 1']);
  expect([exitCode, output]).toEqual([1, '']);
  expect(story).toMatch(/Error: There is no database "nope"/);
});

it('a script of 20 MB arrives as it is', async () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, n) => `insert into t values (${n}, '${'x'.repeat(150)};\\é${n}');\n`,
  );
  const script = `create table t (a int, b text);\nbegin;\n${lines.join('')}commit;\n`;
  put('large.sql', script);
  expect(Buffer.byteLength(script)).toBeGreaterThan(19e6);
  const { exitCode, story } = await sql(['-q', '-f', 'large.sql']);
  expect([exitCode, story]).toEqual([0, '']);
  const expected = createHash('md5')
    .update(lines.map((_, n) => `${'x'.repeat(150)};\\é${n}`).join(''))
    .digest('hex');
  expect(database.sql("select md5(string_agg(b, '' order by a)) from t")).toBe(expected);
}, 120_000);
