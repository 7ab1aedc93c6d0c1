import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase } from '../../support/database';
import { runHelper } from '../../support/helper';

let bastion: Bastion;
let database: Database;
let folder: string;
/** A task with clients of today, and tasks in which some are those of before. */
let tasks: Readonly<Record<'new' | 'old' | 'old pg_restore', string>>;

const helper = (task: string, ...argv: readonly string[]): ReturnType<typeof runHelper> =>
  runHelper(['--outputs', bastion.outputsFile, '--task', task, ...argv], bastion.aws.environment);

/** Puts a script in the place of a program, which finds the program itself as `$p`. */
async function wrap(task: string, program: string, script: string): Promise<void> {
  const line = `p=$(readlink -f "$(command -v ${program})"); f=$(command -v ${program}); rm "$f"
printf '#!/bin/sh\\np=%s\\n%s\\n' "$p" '${script.replaceAll("'", String.raw`'\''`)}' >"$f"; chmod 755 "$f"`;
  expect((await helper(task, 'exec', '--', line)).exitCode).toBe(0);
}

beforeAll(async () => {
  bastion = await startBastion({ faults: { ...FAST, readPauseMs: 0 } });
  database = await openDatabase(bastion);
  database.sql(String.raw`create table notes (a text); insert into notes values ('\echo of a note'), (E'\n\\q\n')`);
  tasks = { new: await startTask(bastion), old: await startTask(bastion), 'old pg_restore': await startTask(bastion) };
  // As before the versions that know the mode.
  await wrap(
    tasks.old,
    'psql',
    'case $1 in --help=commands) "$p" "$1" | grep -v restrict ;; *) exec "$p" "$@" ;; esac',
  );
  await wrap(tasks['old pg_restore'], 'pg_restore', String.raw`"$p" "$@" | grep -v restrict`);
  folder = temporaryDirectory();
  for (const name of ['notes.dump', 'notes.sql']) {
    expect((await helper(tasks.new, 'dump', join(folder, name))).exitCode).toBe(0);
  }
}, 120_000);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

let copies = 0;

/** Restores into a new database. @returns what was said, and how many notes there are */
async function restored(
  task: keyof typeof tasks,
  file: string,
  ...more: readonly string[]
): Promise<{ exitCode: number | null; output: string; story: string; notes: string }> {
  const name = `copy_${(copies += 1)}`;
  database.sql(`create database ${name} template template0`);
  const result = await helper(tasks[task], 'restore', join(folder, file), '--dbname', name, ...more);
  const isThere = database.sql("select to_regclass('public.notes') is not null", name) === 't';
  return { ...result, notes: isThere ? database.sql('select count(*) from notes', name) : 'none' };
}

const SCRIPT = 'create table notes (a text);\n\\echo a note\n';
const AS_SCRIPT =
  /error: backslash commands are restricted[^]*nothing was restored\nA dump has no backslash commands: run/;
const TOO_OLD = /Error: psql in the task knows no \\restrict,[^]*nothing was restored\nUpdate the client there/;

it.each(['notes.dump', 'notes.sql'])('%s is restored', async (file) => {
  expect(await restored('new', file)).toMatchObject({ exitCode: 0, output: '', notes: '2' });
});

it('a script whose backslash commands psql would run is refused, and run where that is asked for', async () => {
  writeFileSync(join(folder, 'script.sql'), SCRIPT);
  const refused = await restored('new', 'script.sql');
  expect(refused).toMatchObject({ exitCode: 1, output: '', notes: 'none' });
  expect(refused.story).toMatch(AS_SCRIPT);
  expect(await restored('new', 'script.sql', '--unrestricted')).toMatchObject({ exitCode: 0, notes: '0' });
});

it.each([
  ['puts psql into the mode in its midst', `select 1;\n\\echo a note\n\\restrict aB3\nselect 1;\n\\unrestrict aB3\n`],
  ['leaves the mode that it has begun', `--\n\n\\restrict aB3\nselect 1;\n\\unrestrict aB3\n\\echo a note\n`],
])('a dump that %s has no more rights than another', async (_what, script) => {
  writeFileSync(join(folder, 'script.sql'), script);
  const refused = await restored('new', 'script.sql');
  expect(refused).toMatchObject({ exitCode: 1, output: '', notes: 'none' });
  expect(refused.story).toMatch(AS_SCRIPT);
});

it.each(['notes.dump', 'notes.sql', 'plain.sql'])('%s is not given to a psql that knows no such mode', async (file) => {
  writeFileSync(join(folder, 'plain.sql'), 'create table notes (a text);\n');
  const refused = await restored('old', file);
  expect(refused).toMatchObject({ exitCode: 1, output: '', notes: 'none' });
  expect(refused.story).toMatch(TOO_OLD);
});

it('what is trusted is', async () => {
  expect(await restored('old', 'notes.dump', '--unrestricted')).toMatchObject({ exitCode: 0, notes: '2' });
});

it('where pg_restore knows no such mode and psql does, we put psql into it', async () => {
  expect(await restored('old pg_restore', 'notes.dump')).toMatchObject({ exitCode: 0, output: '', notes: '2' });
});
