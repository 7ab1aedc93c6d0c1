import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../check/synth';
import { UserError } from '../errors';
import { POSTURES, type Posture } from '../infra/posture';
import { compare } from './compare';
import { EXPECTED, settle } from './expected';
import { install } from './install';
import { lendTools, installedVersion, moveApp, typeCheck } from './moved-app';
import { type Found, report } from './report';

/**
 * Moves the app of a checkout to CDKTF's successor in a folder that goes again, and compares what both synthesize.
 * @returns the exit code, and what is told
 * @throws UserError, and what the signal was aborted with
 */
export async function trySuccessor(
  checkout: string,
  signal: AbortSignal,
): Promise<{ readonly exitCode: number; readonly told: string }> {
  using folder = temporaryFolder();
  const { path: moved } = folder;
  moveApp(checkout, moved);
  await install(moved, signal);
  lendTools(checkout, moved);
  await typeCheck(checkout, moved, signal);
  const versions = { before: installedVersion(checkout, 'cdktf'), after: installedVersion(moved, 'cdktn') };
  const found: Found[] = [];
  const files: string[] = [];
  for (const posture of POSTURES) {
    const [before, after] = [await stacks(posture, checkout, signal), await stacks(posture, moved, signal)];
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const file = `${posture} ${name}`;
      const differences = compare(
        { text: before.get(name) ?? '{}', version: versions.before },
        { text: after.get(name) ?? '{}', version: versions.after },
      );
      files.push(file);
      found.push(...differences.map((one) => ({ file, ...one })));
    }
  }
  const settled = settle(found, EXPECTED);
  return {
    exitCode: settled.unexplained.length + settled.stale.length === 0 ? 0 : 1,
    told: report(
      settled,
      { before: `cdktf ${versions.before}`, after: `cdktn ${versions.after}` },
      { files, expected: EXPECTED.length },
    ),
  };
}

async function stacks(posture: Posture, directory: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  signal.throwIfAborted();
  const found = await synthesize({}, posture, directory); // the plain system, whatever environments there are
  if (found.size === 0) throw new UserError('The app has no stacks', 'Look at main.ts');
  return found;
}

function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'aurora-bastion-successor-'));
  return {
    path,
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
