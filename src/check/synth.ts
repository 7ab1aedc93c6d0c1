import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../errors';
import { PACKAGE } from '../package';
import { treeEnvironment } from '../tree-environment';

export type ProjectContext = Readonly<Record<string, unknown>>;

/** The context that the CLI of CDKTF would hand to the app. */
export function projectContext(): ProjectContext {
  const file = readFileSync(join(PACKAGE, 'cdktf.json'), 'utf8');
  return (JSON.parse(file) as { readonly context?: ProjectContext }).context ?? {};
}

/**
 * Synthesizes the app into a folder that goes again. No credentials, no state and no network are needed.
 * @param posture of the stacks that have none of their own
 * @param directory of the app
 * @returns the texts of `cdk.tf.json`, by the names of their stacks
 * @throws UserError with what the app said
 */
export async function synthesize(
  context: ProjectContext,
  posture: string | undefined,
  directory = PACKAGE,
): Promise<ReadonlyMap<string, string>> {
  const outdir = mkdtempSync(join(tmpdir(), 'aurora-bastion-check-'));
  try {
    // In a folder of its own, so that no state lies beside it.
    const synthesized = join(outdir, 'cdktf.out');
    const env = treeEnvironment(outdir, {
      ...(posture === undefined ? {} : { POSTURE: posture }),
      CDKTF_OUTDIR: synthesized,
      CDKTF_CONTEXT_JSON: JSON.stringify(context),
    });
    await promisify(execFile)(process.execPath, ['src/start/launch.cjs', 'main'], { cwd: directory, env });
    const stacks = join(synthesized, 'stacks');
    return new Map(readdirSync(stacks).map((name) => [name, readFileSync(join(stacks, name, 'cdk.tf.json'), 'utf8')]));
  } catch (error) {
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    if (said === '') throw error;
    throw new UserError(`The stack does not synthesize: ${said}`, 'Run `npx cdktf synth`', { cause: error });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
