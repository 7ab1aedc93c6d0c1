import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isErrno, UserError } from '../errors';
import { treeEnvironment } from '../tree-environment';
import { readFolder } from './folder';
import { oneLine } from './report/show';
import type { Stack } from './stack';

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
      env: treeEnvironment(into, { CDKTF_OUTDIR: into, CDKTF_CONTEXT_JSON: JSON.stringify(context) }),
      maxBuffer: 64 * 1024 * 1024,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    const words = oneLine(lastWords(error));
    throw new SynthesisError(`${which} cannot be synthesized: ${words}`, `It ran ${oneLine(command)}`, {
      cause: error,
    });
  }
  return readFolder(which, into);
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

/** What the app said of its end: the line that names the error, not the stack below it. */
function lastWords(error: unknown): string {
  if (isErrno(error, 'ENOENT')) return 'there is no /bin/sh';
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
  const lines = said.split('\n').map((line) => line.trim());
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? 'it said nothing';
}
