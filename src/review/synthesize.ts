import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stackIdOf } from '../environments';
import { isErrno, UserError } from '../errors';
import { parseStack, type Stack } from './stack';

export class SynthesisError extends UserError {}

/**
 * Runs the app of a checkout as `cdktf synth` does, without the CLI, which takes longer than the app itself.
 * @param which for errors: `The base`
 * @param into an empty folder
 * @returns the stacks by their names
 * @throws SynthesisError
 */
export async function synthesize(
  which: string,
  directory: string,
  into: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Stack>> {
  const { command, context } = appOf(which, directory);
  try {
    await promisify(execFile)('/bin/sh', ['-c', command], {
      cwd: directory,
      // Each side's own context, as the CLI would hand it on: another one may be exported here.
      env: { ...process.env, CDKTF_OUTDIR: into, CDKTF_CONTEXT_JSON: JSON.stringify(context), CHECKPOINT_DISABLE: '1' },
      maxBuffer: 64 * 1024 * 1024,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new SynthesisError(`${which} cannot be synthesized: ${lastWords(error)}`, `It ran ${command}`, {
      cause: error,
    });
  }
  return readStacks(which, into, environmentsOf(context));
}

interface App {
  readonly command: string;
  readonly context: object;
}

function appOf(which: string, directory: string): App {
  const file = join(directory, 'cdktf.json');
  const project = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined;
  if (typeof project === 'object' && project !== null && 'app' in project && typeof project.app === 'string') {
    const context = 'context' in project ? project.context : undefined;
    return { command: project.app, context: typeof context === 'object' && context !== null ? context : {} };
  }
  throw new SynthesisError(`${which} is no CDKTF project: there is no app in its cdktf.json`, 'Pass another --base');
}

/** The names of environments by those of their stacks; none where the context is not as this version has it. */
function environmentsOf(context: object): ReadonlyMap<string, string> {
  const environments = 'environments' in context ? context.environments : undefined;
  const names = typeof environments === 'object' && environments !== null ? Object.keys(environments) : [];
  return new Map(names.map((name) => [stackIdOf(name), name]));
}

function readStacks(
  which: string,
  directory: string,
  environments: ReadonlyMap<string, string>,
): ReadonlyMap<string, Stack> {
  const stacks = join(directory, 'stacks');
  const names = existsSync(stacks) ? readdirSync(stacks).toSorted() : [];
  const found = names.flatMap((name) => {
    const file = join(stacks, name, 'cdk.tf.json');
    if (!existsSync(file)) return [];
    return [[name, { ...parseStack(name, readFileSync(file, 'utf8')), environment: environments.get(name) }] as const];
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
