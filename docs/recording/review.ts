import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE } from '../../src/package';
import { Recording } from './recording';
import { asSvg } from './svg';

// Makes docs/review.svg: what `npm run review` says of two edits, taken from a real terminal.

const SIZE = { columns: 128, rows: 21 };
const TITLE = 'A review of a change, as printed on a terminal';
const LIMIT_MS = 60_000;
const EDITS: readonly (readonly [file: string, before: string, after: string])[] = [
  ['src/infra/database-group.ts', 'cidrBlocks: [openTo]', "cidrBlocks: ['0.0.0.0/0']"],
  ['src/infra/database-variables.ts', "default: 'db.t4g.medium'", "default: 'db.r6g.large'"],
];

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'review-'));
  try {
    const checkout = join(folder, 'aurora-bastion');
    execFileSync('git', ['clone', '--quiet', PACKAGE, checkout]);
    symlinkSync(join(PACKAGE, 'node_modules'), join(checkout, 'node_modules'));
    for (const [name, before, after] of EDITS) {
      const file = join(checkout, name);
      const text = readFileSync(file, 'utf8');
      if (!text.includes(before)) throw new Error(`${name} has no ${before}`);
      writeFileSync(file, text.replace(before, after));
    }
    const words = ['sh', '-c', 'echo "$ npm run review"; npm run --silent review -- --base HEAD'] as const;
    const env = { ...process.env, TERM: 'xterm-256color', npm_config_update_notifier: 'false' };
    const recording = new Recording({ ...SIZE, words: [...words], cwd: checkout, env });
    await recording.shows(/in all:/, LIMIT_MS);
    writeFileSync(join(PACKAGE, 'docs/review.svg'), asSvg(recording.end().slice(-1), SIZE, TITLE));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
