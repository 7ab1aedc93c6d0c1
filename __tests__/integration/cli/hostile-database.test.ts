import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase } from '../../support/database';
import { CONNECT, PROJECT } from '../../support/helper';
import { peakKb } from '../../support/memory';
import { generator } from '../../support/random';

/** SEEDS runs so many of them. */
const SEEDS = Number(process.env.SEEDS ?? 4);

/** What a name, a value or a message may hold that a terminal would obey, or that SQL, CSV, psql or a shell reads in its own way. */
const ODD = [
  ...['\x1b', '\x07', '\x08', '\r', '\n', '\t', '\x7f', '\u009b', '\u202e', '\u2028'],
  ...['"', "'", '\\', '\\.', '$$', ';', '--', '`', '$(', '%', '*', ',', '|', ' ', ':', '表', 'é'],
];
/** Of the helper, which holds no more of a database than what is on its way. */
const MOST_KB = 200 * 1024;
/** Of what we write ourselves: the line of progress is drawn anew in its place. */
const PROGRESS = /\r\x1b\[K/g;
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

let bastion: Bastion;
let database: Database;
let task: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: { ...FAST, readPauseMs: 0 } });
  database = await openDatabase(bastion);
  task = await startTask(bastion);
}, 60_000);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

/** The helper at a terminal of its own. @returns its exit code, and what came to the terminal, without our own progress */
async function atTerminal(...argv: readonly string[]): Promise<{ readonly exitCode: number; readonly shown: string }> {
  const [node, program] = CONNECT;
  const words = [join(PROJECT, program), '--outputs', bastion.outputsFile, '--task', task, ...argv];
  const terminal = spawn(node, words, { cwd: PROJECT, env: bastion.aws.environment, cols: 200, rows: 50 });
  let shown = '';
  let mostKb = 0;
  const looking = setInterval(() => (mostKb = Math.max(mostKb, peakKb(terminal.pid))), 20);
  terminal.onData((text) => (shown += text));
  const exitCode = await new Promise<number>((resolve) => {
    terminal.onExit((end) => {
      resolve(end.exitCode);
    });
  });
  clearInterval(looking);
  expect(mostKb).toBeGreaterThan(0);
  expect(mostKb).toBeLessThan(MOST_KB);
  return { exitCode, shown: shown.replaceAll(PROGRESS, '').replaceAll('\r\n', '\n') };
}

const controls = (shown: string): string[] => [...shown.replaceAll('\n', '').matchAll(CONTROL)].map(([one]) => one);
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const textOf = (name: string): string => database.dump(name).replaceAll(/^\\(un)?restrict .*$/gm, '');

it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  'seed %i: whatever its names and messages are, the database comes through whole, and the terminal is told characters alone',
  async (seed) => {
    const random = generator(seed);
    const odd = (): string => ODD[Math.floor(random() * ODD.length)] ?? '';
    const text = (): string => ['\x1b', ...Array.from({ length: Math.floor(random() * 6) }, odd)].join('x');
    const [schema, table, first, second, message] = [text(), text(), `1${text()}`, `2${text()}`, text()];
    const name = `hostile_${seed}`;
    database.sql(`create database ${name}`);
    database.sql(`create database ${name}_copy`);
    const whole = `${identifier(schema)}.${identifier(table)}`;
    database.sql(
      `set standard_conforming_strings = on;
       create schema ${identifier(schema)};
       create table ${whole} (${identifier(first)} text, ${identifier(second)} int);
       insert into ${whole} values (${literal(text())}, 1), (null, 2), ('', 3);
       comment on table ${whole} is ${literal(text())};
       create table plain (kind text, value text);
       create function said() returns trigger language plpgsql as $said$ begin
         if new.kind = 'refused' then raise exception '% %', new.kind, ${literal(message)}; end if;
         raise notice '% %', new.kind, ${literal(message)};
         return null;
       end $said$;
       create trigger ${identifier(text())} after insert on plain for each row execute function said();`,
      name,
    );
    const folder = temporaryDirectory();

    const dumped = await atTerminal('dump', join(folder, 'a.dump'), '--dbname', name);
    expect([seed, dumped.exitCode, controls(dumped.shown)]).toEqual([seed, 0, []]);
    const restored = await atTerminal('restore', join(folder, 'a.dump'), '--dbname', `${name}_copy`);
    expect([seed, restored.exitCode, controls(restored.shown)]).toEqual([seed, 0, []]);
    expect(textOf(`${name}_copy`)).toBe(textOf(name));

    const rows = await atTerminal('copy-out', `select * from ${whole}`, join(folder, 'a.csv'), '--dbname', name);
    expect([seed, rows.exitCode, controls(rows.shown)]).toEqual([seed, 0, []]);
    writeFileSync(join(folder, 'b.csv'), 'said,x\n');
    const taken = await atTerminal('copy-in', 'plain', join(folder, 'b.csv'), '--no-header', '--dbname', name);
    expect([seed, taken.exitCode, controls(taken.shown)]).toEqual([seed, 0, []]);
    expect(taken.shown).toContain('NOTICE:  said \\x1b');
    writeFileSync(join(folder, 'b.csv'), 'refused,x\n');
    const refused = await atTerminal('copy-in', 'plain', join(folder, 'b.csv'), '--no-header', '--dbname', name);
    expect([seed, refused.exitCode, controls(refused.shown)]).toEqual([seed, 1, []]);
    expect(refused.shown).toContain('ERROR:  refused \\x1b');
    expect(readdirSync(folder).toSorted()).toEqual(['a.csv', 'a.dump', 'b.csv']);
  },
  60_000,
);
