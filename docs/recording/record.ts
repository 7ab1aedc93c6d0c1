import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalAws } from '../../src/local-aws';
import { PACKAGE } from '../../src/package';
import { runCommand } from '../../src/local-aws/run-command';
import { Recording } from './recording';
import { asSvg } from './svg';

// Makes docs/session.svg: the stack is deployed into a local AWS, and a person's session on it is taken from a real terminal.

const SIZE = { columns: 100, rows: 26 };
const KEY_MS = 55;
const READ_MS = 1_200;
const LIMIT_MS = 60_000;
const PROMPT = /^\$$|^\$ $/;
const PSQL = /^mydb=[#>] ?$/;
/** About what they are in AWS. */
const AS_IN_AWS = { startDelayMs: 6_000, agentDelayMs: 1_000, yumDelayMs: 3_000 };
const TABLE = `create table orders as select i as id, 'customer ' || i % 500 as customer, (i * 37 % 99991) / 100.0 as amount
 from generate_series(1, 300000) i`;

const SESSION: readonly (readonly [line: string, then: RegExp])[] = [
  ['npm run connect -- psql', PSQL],
  ['select count(*), sum(amount) from orders;', PSQL],
  ['\\q', PROMPT],
  ['npm run connect -- dump orders.dump', PROMPT],
];

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'recording-'));
  try {
    await using local = await startLocalAws({ directory: join(folder, 'aws'), faults: AS_IN_AWS });
    // An npm of one's own settings says other things.
    const env = {
      ...local.environment,
      npm_config_userconfig: join(folder, 'npmrc'),
      npm_config_update_notifier: 'false',
    };
    writeFileSync(env.npm_config_userconfig, '');
    for (const words of [
      ['npx', 'cdktf', 'deploy', '--auto-approve'],
      ['npm', 'run', '--silent', 'connect', '--', 'psql', '-qc', TABLE],
    ]) {
      const exitCode = await runCommand(words, env);
      if (exitCode !== 0) return exitCode;
    }
    writeFileSync(join(PACKAGE, 'docs/session.svg'), asSvg(await session(env), SIZE));
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(PACKAGE, 'orders.dump'), { force: true });
  }
}

async function session(env: NodeJS.ProcessEnv): ReturnType<typeof film> {
  return film(
    new Recording({ ...SIZE, words: ['sh'], cwd: PACKAGE, env: { ...env, PS1: '$ ', TERM: 'xterm-256color' } }),
  );
}

async function film(recording: Recording): Promise<ReturnType<Recording['end']>> {
  await recording.shows(PROMPT, LIMIT_MS);
  for (const [line, then] of SESSION) {
    await sleep(READ_MS);
    await recording.line(line, KEY_MS);
    await recording.shows(then, LIMIT_MS);
  }
  await sleep(READ_MS);
  return recording.end();
}

void main().then((exitCode) => (process.exitCode = exitCode));
