import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { type Database, openDatabase } from '../../support/database';
import { runHelper } from '../../support/helper';

/**
 * Everything that our own SQL names, once more in a schema that stands before PostgreSQL's own: whoever comes upon one
 * of them leaves its name in a table, and gets what it would have got.
 */
const LOOK_ALIKES = `
create table people (id int, name text);
insert into people values (1, 'one'), (2, 'two');
create table came (upon text);
create function note(what text) returns boolean language sql
  as $$ insert into public.came values (what); select true $$;
create view pg_class as select *, public.note('pg_class') from pg_catalog.pg_class;
create view pg_namespace as select *, public.note('pg_namespace') from pg_catalog.pg_namespace;
create view pg_stat_ssl as select *, public.note('pg_stat_ssl') from pg_catalog.pg_stat_ssl;
create function pg_table_size(a oid) returns bigint language sql
  as $$ select public.note('pg_table_size'); select 1::bigint $$;
create function pg_backend_pid() returns int language sql
  as $$ select public.note('pg_backend_pid'); select pg_catalog.pg_backend_pid() $$;
create function joined(a text, b bigint) returns text language sql
  as $$ select public.note('||'); select pg_catalog.textcat(a, b::text) $$;
create operator public.|| (leftarg = text, rightarg = bigint, function = joined);
create function same(a int, b int) returns boolean language sql
  as $$ select public.note('='); select pg_catalog.int4eq(a, b) $$;
create operator public.= (leftarg = int, rightarg = int, function = same);
alter role postgres set search_path = public, pg_catalog;
`;

let bastion: Bastion;
let database: Database;
let task: string;
let folder: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: { ...FAST, readPauseMs: 0 } });
  database = await openDatabase(bastion);
  database.sql(LOOK_ALIKES);
  task = await startTask(bastion);
  folder = temporaryDirectory();
}, 120_000);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

const helper = (...argv: readonly string[]): ReturnType<typeof runHelper> =>
  runHelper(['--outputs', bastion.outputsFile, ...argv], bastion.aws.environment);
const cameUpon = (): string => database.sql('table public.came');
/** The place of a file in the test's folder. */
const at = (name: string): string => join(folder, name);

describe('look-alikes of what our own SQL names, in a schema that others may write to,', () => {
  beforeEach(() => {
    database.sql('truncate public.came');
  });

  it('are found by SQL of the user, which has the search path of the database', async () => {
    const { exitCode, output } = await helper('sql', '--task', task, '-At', '-c', 'select pg_backend_pid() > 0');
    expect([exitCode, output, cameUpon()]).toEqual([0, 't\n', 'pg_backend_pid']);
  });

  it('are not by a dump, nor by what restores it', async () => {
    expect((await helper('dump', '--task', task, at('a.dump'), '--', '-t', 'public.people')).exitCode).toBe(0);
    database.sql('create database copy template template0');
    expect((await helper('restore', '--task', task, at('a.dump'), '--dbname', 'copy')).exitCode).toBe(0);
    writeFileSync(at('empty.sql'), '-- nothing\n');
    expect((await helper('restore', '--task', task, at('empty.sql'))).exitCode).toBe(0);
    expect([database.sql('select count(*) from people', 'copy'), cameUpon()]).toEqual(['2', '']);
  });

  it('are not by CSV on its way out and in', async () => {
    expect((await helper('copy-out', '--task', task, 'people', at('people.csv'))).exitCode).toBe(0);
    database.sql('truncate people');
    expect((await helper('copy-in', '--task', task, 'people', at('people.csv'))).exitCode).toBe(0);
    expect([database.sql('select count(*) from people'), cameUpon()]).toEqual(['2', '']);
  });

  it('are not by a doctor who looks from inside', async () => {
    const { output } = await helper('doctor', '--deep', '--json', '--task', task);
    expect(JSON.parse(output)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ id: 'inside-tls', status: 'ok' }),
        expect.objectContaining({ id: 'inside-login', status: 'ok' }),
      ]) as unknown,
    });
    expect(cameUpon()).toBe('');
  });
});
