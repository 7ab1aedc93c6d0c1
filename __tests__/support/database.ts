import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirePostgres } from '../../src/local-aws/tools';
import { type Bastion, caller } from './bastion';

/** The bastion's database as a client outside of any container sees it. */
export interface Database {
  /** Runs SQL. @returns what psql prints, unaligned */
  sql(text: string, database?: string): string;
  /** In which any client of PostgreSQL finds it. */
  readonly environment: NodeJS.ProcessEnv;
  /** A plain dump, by the server's own pg_dump. */
  dump(database: string): string;
}

/** How many rows a round trip moves: with `SEED_ROWS` as many as one likes. */
export const ROWS = Number(process.env.SEED_ROWS ?? 20_000);
/** For a test that moves them all there and back: a million takes about three minutes on a machine with nothing to spare. */
export const ROWS_LIMIT_MS = 60_000 + 0.3 * ROWS;

const MASTER = 'postgres';

export async function openDatabase({ aws, directory }: Bastion): Promise<Database> {
  const call = caller(aws);
  const { SecretList } = (await call('secretsmanager', 'ListSecrets', {})) as { SecretList: { ARN: string }[] };
  const { SecretString } = await call('secretsmanager', 'GetSecretValue', { SecretId: SecretList[0]?.ARN });
  const { password } = JSON.parse(String(SecretString)) as { password: string };
  // From the postmaster's own file: AWS would not say where a server listens on this machine.
  const pidFile = join(directory, 'aws/postgres/ap-northeast-1-aurora-bg-aurora-cluster/postmaster.pid');
  const port = readFileSync(pidFile, 'utf8').split('\n')[3] ?? '';
  const environment = {
    ...{ PATH: process.env.PATH, LANG: 'C.UTF-8' },
    ...{ PGHOST: '127.0.0.1', PGPORT: port, PGUSER: MASTER, PGPASSWORD: password, PGDATABASE: 'mydb' },
  };
  const run = (program: string, argv: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = spawnSync(join(requirePostgres(), program), argv, {
      ...{ env: environment, encoding: 'utf8', input, maxBuffer: 1 << 30 },
    });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
    return stdout;
  };
  return {
    environment,
    sql: (text, database = 'mydb') => run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', database], text).trim(),
    dump: (database) => run('pg_dump', [database]),
  };
}

/** A schema with all common types, and so many rows: NULLs, quotes, newlines, Japanese, large objects. */
export function seed(rows: number): string {
  return `
create schema 売上;
create type mood as enum ('sad', 'ok', 'very "happy"');
create table everything (
  id bigserial primary key, small smallint, "Upper Case" integer, numeric_ numeric(20, 5), real_ real, double_ double precision,
  text_ text, varchar_ varchar(200), char_ char(5), bytes bytea, bool_ boolean, date_ date, time_ time, stamp timestamp,
  stamptz_ timestamptz, interval_ interval, uuid_ uuid, json_ json, jsonb_ jsonb, inet_ inet, cidr_ cidr, mac macaddr,
  ints integer[], texts text[], range_ int4range, point_ point, mood_ mood, bits bit(8), xml_ xml, ts tsvector, money_ money
);
insert into everything ("Upper Case", small, numeric_, real_, double_, text_, varchar_, char_, bytes, bool_, date_, time_, stamp,
  stamptz_, interval_, uuid_, json_, jsonb_, inet_, cidr_, mac, ints, texts, range_, point_, mood_, bits, xml_, ts, money_)
select i, i % 1000, i * 1.00001, i / 3.0, pi() * i,
  case i % 7 when 0 then null when 1 then '' when 2 then E'line one\\nline "two"\\r\\n\\ttab \\\\ back' when 3 then '田中太郎、「引用」' when 4 then '\\.'
    when 5 then E'\\x01\\x7f 💰' else repeat('word ', 8) || i end,
  'it''s, ' || i, 'ab', decode(md5(i::text), 'hex'), i % 2 = 0, date '2024-01-01' + (i % 1000), time '00:00' + i * interval '1 s',
  timestamp '2024-01-01' + i * interval '1 min', timestamptz '2024-01-01 00:00+09' + i * interval '1 h', i * interval '1 day 3 s',
  md5(i::text)::uuid, json_build_object('a', i, 'b', '日本'), jsonb_build_object('c', array[i, i + 1]), '10.0.0.1',
  '10.0.0.0/8', '08:00:2b:01:02:03', array[i, null, i + 1], array['a,b', '"q"', null, '{}'], int4range(i, i + 5), point(i, -i),
  'very "happy"', (i % 256)::bit(8), '<a>&amp;</a>', to_tsvector('simple', 'word ' || i), i::numeric::money
from generate_series(1, ${rows}) i;
create table 売上."注文 明細" (id integer references everything (id), メモ text);
insert into 売上."注文 明細" select i, '行 ' || i from generate_series(1, least(100, ${rows})) i;
create view sums as select count(*) from everything;
create index on everything using gin (jsonb_);
select lo_from_bytea(4711, decode(repeat('00ff', 5000), 'hex'));
`;
}
