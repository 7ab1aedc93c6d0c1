import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE } from '../src/package';
import { startAgent } from './agent-process';
import { endAll } from './children';
import { GROUPS } from './groups';
import { meetsTarget, type Row } from './row';
import { makeRunDirectory } from './run-directory';
import { table } from './table';

const HELP = `Measures the session client, and prints ratios of figures taken in the same run.

Usage: npm run bench -- [--quick] [GROUP ...]

Groups: ${GROUPS.map(({ name }) => name).join(', ')}
--quick  moves 10 MB where else 100 MB are moved, and runs pgbench for 5 s instead of 60
SESSION_MANAGER_PLUGIN names an official session-manager-plugin to compare with.
`;
const RESULTS = join(PACKAGE, 'bench/results');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const chosen = GROUPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (values.help === true || chosen.length === 0) {
    process.stdout.write(HELP);
    return;
  }
  process.once('SIGINT', () => {
    endAll();
    process.exit(130);
  });
  makeRunDirectory();
  await using agent = await startAgent();
  const [large, seconds] = values.quick === true ? [10_000_000, 5] : [100_000_000, 60];
  const scale = { large, seconds, rounds: 3 };
  const rows: Row[] = [];
  for (const group of chosen) {
    process.stderr.write(`${group.name} …\n`);
    rows.push(...(await group.rows({ agent, scale })));
  }
  process.stdout.write(`${table(rows)}\n`);
  if (rows.every(({ plugin }) => plugin === undefined)) {
    process.stdout.write('Set SESSION_MANAGER_PLUGIN to the path of an official client to compare with it.\n');
  }
  mkdirSync(RESULTS, { recursive: true });
  const about = { date: new Date().toISOString(), node: process.version, cpu: cpus()[0]?.model, count: cpus().length };
  const results = rows.map((row) => ({ ...row, met: meetsTarget(row) }));
  writeFileSync(join(RESULTS, 'latest.json'), `${JSON.stringify({ ...about, rows: results }, null, 2)}\n`);
}

void main();
