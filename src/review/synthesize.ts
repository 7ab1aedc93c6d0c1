import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isErrno, UserError } from '../errors';
import { parseStack, type Stack } from './stack';

export class SynthesisError extends UserError {}

/**
 * Runs the app of a checkout as `cdktf synth` does, without the CLI, which takes longer than the app itself.
 * @param which for errors: `The base`
 * @param into an empty folder
 * @returns the stacks by their names
 */
export async function synthesize(
  which: string,
  directory: string,
  into: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Stack>> {
  const command = appOf(which, directory);
  try {
    await promisify(execFile)('/bin/sh', ['-c', command], {
      cwd: directory,
      env: { ...process.env, CDKTF_OUTDIR: into, CHECKPOINT_DISABLE: '1' },
      maxBuffer: 64 * 1024 * 1024,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new SynthesisError(`${which} cannot be synthesized: ${lastWords(error)}`, `It ran ${command}`, {
      cause: error,
    });
  }
  return readStacks(which, into);
}

function appOf(which: string, directory: string): string {
  const file = join(directory, 'cdktf.json');
  const project = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined;
  if (typeof project === 'object' && project !== null && 'app' in project && typeof project.app === 'string') {
    return project.app;
  }
  throw new SynthesisError(`${which} is no CDKTF project: there is no app in its cdktf.json`, 'Pass another --base');
}

function readStacks(which: string, directory: string): ReadonlyMap<string, Stack> {
  const stacks = join(directory, 'stacks');
  const names = existsSync(stacks) ? readdirSync(stacks).toSorted() : [];
  const found = names.flatMap((name) => {
    const file = join(stacks, name, 'cdk.tf.json');
    return existsSync(file) ? [[name, parseStack(name, readFileSync(file, 'utf8'))] as const] : [];
  });
  if (found.length === 0) throw new SynthesisError(`${which} has no stacks`, 'Look at main.ts');
  return new Map(found);
}

/** What the app said of its end: the line that names the error, not the stack below it. */
function lastWords(error: unknown): string {
  if (isErrno(error, 'ENOENT')) return 'there is no /bin/sh';
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
  const lines = said.split('\n').map((line) => line.trim());
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? 'it said nothing';
}
