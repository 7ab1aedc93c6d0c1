import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../errors';
import type { Posture } from '../infra/posture';

const PROJECT_DIRECTORY = join(__dirname, '../..');

/** The context that the CLI of CDKTF would hand to the app. */
export function projectContext(): Readonly<Record<string, unknown>> {
  const file = readFileSync(join(PROJECT_DIRECTORY, 'cdktf.json'), 'utf8');
  return (JSON.parse(file) as { readonly context?: Readonly<Record<string, unknown>> }).context ?? {};
}

/**
 * Synthesizes the app in a posture, into a folder that goes again. No credentials, no state and no network are needed.
 * @param directory of the app
 * @returns the texts of `cdk.tf.json`, by the names of their stacks
 * @throws UserError with what the app said
 */
export async function synthesize(
  posture: Posture,
  directory = PROJECT_DIRECTORY,
): Promise<ReadonlyMap<string, string>> {
  const outdir = mkdtempSync(join(tmpdir(), 'aurora-bastion-check-'));
  try {
    const env = {
      ...process.env,
      POSTURE: posture,
      // In a folder of its own, so that no state lies beside it.
      CDKTF_OUTDIR: join(outdir, 'cdktf.out'),
      CDKTF_CONTEXT_JSON: JSON.stringify(projectContext()),
    };
    await promisify(execFile)(process.execPath, ['--import', 'tsx', 'main.ts'], { cwd: directory, env });
    const stacks = join(env.CDKTF_OUTDIR, 'stacks');
    return new Map(readdirSync(stacks).map((name) => [name, readFileSync(join(stacks, name, 'cdk.tf.json'), 'utf8')]));
  } catch (error) {
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    if (said === '') throw error;
    throw new UserError(`The stack does not synthesize: ${said}`, 'Run `npx cdktf synth`', { cause: error });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
