import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase } from '../../support/database';
import { startNetwork } from '../../support/network';
import { commandLines, resultOf, runSql, startSql, temporaryFiles } from '../../support/sql';

const FAST_AGENT = { ...FAST, readPauseMs: 0 };
const MEMORY_LIMIT_KB = 200_000;

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
  bastion.aws.setFaults(FAST_AGENT);
  folder = temporaryDirectory();
  database.sql('drop schema public cascade; create schema public; create table t (n int);');
});

const put = (name: string, text: string): void => {
  writeFileSync(join(folder, name), text);
};
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(20);
};
const running = (): string =>
  database.sql("select count(*) from pg_stat_activity where application_name = 'psql' and pid <> pg_backend_pid()");
const count = (): string => database.sql('select count(*), count(distinct n) from t');

const LINES = 20_000;
const LONG = Array.from({ length: LINES }, (_, n) => `insert into t values (${n});\n`).join('');

it('a network that goes in the middle of a long script loses and doubles nothing', async () => {
  await using network = await startNetwork(bastion.aws);
  put('long.sql', `${LONG}\\copy t to out.csv\n`);
  const environment = { ...bastion.aws.environment, ...network.variables };
  const child = startSql(bastion, task, { argv: ['-q', '-f', 'long.sql'], cwd: folder, environment });
  const result = resultOf(child);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let cuts = 0;
  for (const part of [0.2, 0.5, 0.8]) {
    await until(() => Number(database.sql('select count(*) from t')) > LINES * part);
    network.cut();
    cuts += 1;
    await until(() => said.split('Connection lost').length > cuts);
    network.mend();
    await until(() => said.split('Connected again, nothing is lost').length > cuts);
  }
  const { exitCode, output } = await result;
  expect([exitCode, output]).toEqual([0, '']);
  expect(count()).toBe(`${LINES}|${LINES}`);
  expect(readFileSync(join(folder, 'out.csv'), 'utf8').split('\n')).toHaveLength(LINES + 1);
}, 120_000);

it('20 cuts of its session lose and double nothing', async () => {
  put('long.sql', LONG);
  bastion.aws.setFaults({ ...FAST_AGENT, cutEveryBytes: Math.floor(LONG.length / 20) });
  expect((await runSql(bastion, task, { argv: ['-q', '-f', 'long.sql'], cwd: folder })).exitCode).toBe(0);
  expect(count()).toBe(`${LINES}|${LINES}`);
}, 120_000);

describe('ended half-way', () => {
  const slow =
    'insert into t values (1);\n\\copy t from in.csv\n\\copy t to out.csv\nselect pg_sleep(60);\ninsert into t values (3);\n';

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s it cancels its query, and leaves nothing here or there',
    async (signal) => {
      put('in.csv', '2\n');
      put('slow.sql', slow);
      const child = startSql(bastion, task, { argv: ['-f', 'slow.sql'], cwd: folder });
      const result = resultOf(child);
      await until(
        () =>
          database.sql(
            "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
          ) === '1',
      );
      expect(temporaryFiles(bastion)).not.toEqual([]);
      child.kill(signal);
      expect((await result).exitCode).toBe({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
      await until(() => running() === '0' && temporaryFiles(bastion).length === 0);
      expect(readdirSync(folder).toSorted()).toEqual(['in.csv', 'slow.sql']);
      expect(count()).toBe('2|2');
    },
  );

  it('by SIGKILL, what is left there ends with the session, and commits nothing', async () => {
    put('long.sql', `${LONG}select pg_sleep(1);\n${'-- more\n'.repeat(2_000_000)}`);
    const child = startSql(bastion, task, { argv: ['-1', '-q', '-f', 'long.sql'], cwd: folder });
    const result = resultOf(child);
    await until(
      () =>
        database.sql(
          "select count(*) from pg_stat_activity where query like '%pg_sleep(1)%' and pid <> pg_backend_pid()",
        ) === '1',
    );
    child.kill('SIGKILL');
    await result;
    // Nobody ends the session of a killed client but the service, after 20 minutes; here sooner.
    bastion.aws.setFaults({ ...FAST_AGENT, idleLimitMs: 1_000 });
    await until(() => running() === '0' && temporaryFiles(bastion).length === 0);
    expect(count()).toBe('0|0');
  }, 120_000);
});

it('neither SQL nor variables are in any command line', async () => {
  const child = startSql(bastion, task, { argv: ['-f', '-', '-f', 'b.sql'], cwd: folder });
  put('b.sql', "select :'word', pg_sleep(5);");
  const result = resultOf(child, "\\set word 'very-secret'\nselect 'also-secret';\n");
  await until(() => running() === '1');
  const lines = commandLines().join('\n');
  expect(lines).toContain('ON_ERROR_STOP');
  expect(lines).not.toMatch(/very-secret|also-secret/);
  child.kill('SIGTERM');
  await result;
});

it('of -c and -v, only this machine has them in a command line', async () => {
  const child = startSql(bastion, task, {
    argv: ['-v', 'word=very-secret', '-c', "select 'also-secret', pg_sleep(5)"],
    cwd: folder,
  });
  const result = resultOf(child);
  await until(() => running() === '1');
  const theirs = commandLines().filter((line) => !line.includes('src/cli/bin/connect'));
  expect(theirs.filter((line) => /very-secret|also-secret/.test(line))).toEqual([]);
  child.kill('SIGTERM');
  await result;
});

it('memory stays flat with a long script', async () => {
  put('long.sql', `${`-- ${'x'.repeat(996)}\n`.repeat(60_000)}select pg_sleep(0.5);\n`);
  const child = startSql(bastion, task, { argv: ['-q', '-f', 'long.sql'], cwd: folder });
  const result = resultOf(child);
  await until(
    () =>
      database.sql(
        "select count(*) from pg_stat_activity where query like '%pg_sleep(0.5)%' and pid <> pg_backend_pid()",
      ) === '1',
  );
  const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
  expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(MEMORY_LIMIT_KB);
  expect((await result).exitCode).toBe(0);
}, 120_000);
