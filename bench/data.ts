import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bastion, FAST, startBastion, startTask } from '../__tests__/support/bastion';
import { openDatabase } from '../__tests__/support/database';
import { startHelper } from '../__tests__/support/helper';
import type { Bench } from './measure';
import { peakOf } from './peak';
import type { Row } from './row';

/** Orders as a shop keeps them, about 125 bytes each; gzip makes a seventh of them. */
const TEXT_ROWS = 150_000;
const TEXT = `
select setseed(0.5);
create table orders as
select i as id,
  (array['Taro', 'Hanako', 'Ichiro', 'Yuki', 'Ken', 'Mary', 'John', 'Anna', 'Peter', 'Sofia'])[1 + random() * 9] || ' ' ||
  (array['Tanaka', 'Sato', 'Suzuki', 'Yamada', 'Kobayashi', 'Smith', 'Brown', 'Jones', 'Miller', 'Garcia'])[1 + random() * 9] as name,
  'user' || (random() * 5000)::int || '@example.com' as email, date '2024-01-01' + (random() * 365)::int as ordered,
  (random() * 1000)::numeric(10, 2) as amount, (array['pending', 'processing', 'completed'])[1 + random() * 2] as status,
  (array['delivered to the front desk', 'payment was confirmed by phone', 'the address was corrected', 'waiting for the invoice'])
    [1 + random() * 3] || ', ' || (array['left a review of five stars', 'customer asked for a gift box',
    'repeat order, same as last month', 'second attempt of the courier'])[1 + random() * 3] as notes
from generate_series(1, ${TEXT_ROWS}) i;
`;
/** Nothing makes these smaller. */
const NOISE_BYTES = 20_000_000;
const noise = (bytes: number): string => `
create table noise as select decode(string_agg(md5(random()::text), ''), 'hex') as bytes
from generate_series(1, ${Math.ceil(bytes / 16)}) i group by i % ${Math.ceil(bytes / 100_000)};
alter table noise alter bytes set storage external;
`;

/** What leaves the database: plain bytes, compressed ones, and over several sessions, at the agent's pace. */
export async function dataRows({ scale }: Bench): Promise<Row[]> {
  await using bastion = await startBastion({ faults: { ...FAST, firstOutputDelayMs: 1000 } });
  const database = await openDatabase(bastion);
  database.sql(TEXT);
  const task = await startTask(bastion);
  const timed = (...argv: readonly string[]): Promise<Run> => run(bastion, ['--task', task, ...argv]);
  await timed('exec', '--', 'true');
  const plain = await timed('exec', '--', 'pg_dump');
  const bytes = plain.output;
  const custom = await timed('dump', join(bastion.directory, 'text.dump'));
  const text = await timed('dump', join(bastion.directory, 'text.sql'));
  database.sql(`drop table orders; ${noise(NOISE_BYTES)}`);
  const file = join(bastion.directory, 'noise.dump');
  const one = await timed('dump', file);
  const noiseBytes = statSync(file).size;
  const four = await timed('dump', file, '--force', '--streams', '4');
  bastion.aws.setFaults({ ...FAST, readPauseMs: 0 });
  database.sql(`drop table noise; ${noise(scale.large * 10)}`);
  const large = await timed('dump', file, '--force');
  const largeBytes = statSync(file).size;
  database.sql('create database target');
  const back = await timed('restore', file, '--dbname', 'target');
  const rate = (size: number, { seconds }: Run): number => size / 1e6 / seconds;
  const size = `${(largeBytes / 1e6).toFixed(0)} MB`;
  return [
    {
      name: 'dump of text / the same as plain bytes',
      unit: 'MB/s',
      ours: rate(bytes, custom),
      other: rate(bytes, plain),
      target: { atLeast: 4 },
    },
    {
      name: 'dump of text as SQL / the same as plain bytes',
      unit: 'MB/s',
      ours: rate(bytes, text),
      other: rate(bytes, plain),
    },
    {
      name: 'dump over four sessions / over one',
      unit: 'MB/s',
      ours: rate(noiseBytes, four),
      other: rate(noiseBytes, one),
      target: { atLeast: 2.5 },
    },
    { name: `peak memory, dump of ${size}`, unit: 'MB', ours: large.peakMb },
    { name: `peak memory, restore of ${size}`, unit: 'MB', ours: back.peakMb },
    { name: `dump of ${size}, without a pace`, unit: 'MB/s', ours: rate(largeBytes, large) },
    { name: `restore of ${size}`, unit: 'MB/s', ours: rate(largeBytes, back) },
  ];
}

interface Run {
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** Bytes on standard output. */
  readonly output: number;
  readonly peakMb: number;
}

async function run(bastion: Bastion, argv: readonly string[]): Promise<Run> {
  const startedAt = performance.now();
  let output = 0;
  const helper = startHelper(['--outputs', bastion.outputsFile, ...argv], bastion.aws.environment);
  helper.process.stdout?.on('data', (chunk: Buffer) => (output += chunk.length));
  using peak = peakOf(helper.process.pid ?? 0);
  const exitCode = await helper.exitCode;
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode ?? 'a signal'}:\n${helper.story()}`);
  return { seconds: (performance.now() - startedAt) / 1000, output, peakMb: peak.megabytes() };
}
