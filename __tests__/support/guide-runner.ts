import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GuideError, type Printed, type Step } from './guide';
import { runConsole } from './guide-console';
import { findMismatch, type Mismatch } from './guide-match';

/** Where the blocks of one document run. */
export interface Reader {
  /** The project's folder. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** The shell's variables, kept from block to block. */
  readonly stateFile: string;
  readonly sql: SqlRunner;
  setFaults(faults: object): void;
}

/** Runs a block of SQL. @returns what psql printed, and 0 or the exit code of psql for an error */
export type SqlRunner = (text: string, reader: Reader) => Promise<Ran>;

export interface Ran {
  readonly exitCode: number | null;
  readonly text: string;
}

/** @throws GuideError with the place, when the block fails or prints something else */
export async function runStep(step: Step, reader: Reader): Promise<void> {
  if (step.kind === 'not run') return;
  if (step.kind === 'file') {
    const path = join(reader.directory, step.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.text);
    return;
  }
  const { under } = step;
  if (under.faults !== undefined) reader.setFaults(under.faults);
  try {
    if (step.kind === 'console') {
      const shown = await runConsole(step.text, { env: reader.env, cwd: reader.directory });
      check(step, { line: step.line, text: step.text }, shown);
      return;
    }
    const { exitCode, text } = await (step.kind === 'sql'
      ? reader.sql(step.text, reader)
      : runShell(step.text, reader));
    const { exitCode: expected = 0 } = under;
    if (exitCode !== expected) {
      throw new GuideError(step, `the block ended with ${String(exitCode)}, not ${expected}:\n${text}`);
    }
    if (step.prints !== undefined) check(step, step.prints, withoutBanner(text));
  } catch (error) {
    if (error instanceof GuideError) throw error;
    throw new GuideError(step, error instanceof Error ? error.message : String(error));
  } finally {
    if (under.faults !== undefined) reader.setFaults({});
  }
}

function check({ file }: Step, { line, text }: Printed, actual: string): void {
  const mismatch = findMismatch(text, actual);
  if (mismatch !== undefined) {
    throw new GuideError(
      { file, line: line + 1 + mismatch.line },
      `${inWords(mismatch)}\nAll that was printed:\n${actual}`,
    );
  }
}

function inWords({ expected, actual }: Mismatch): string {
  return `the document has\n  ${expected}\nwhere this was printed:\n  ${actual ?? '(nothing more)'}`;
}

/** What `npm run` says before the command's own first word, and of this machine's settings. */
function withoutBanner(text: string): string {
  return text.replaceAll(/^npm (warn|notice) .*\n/gm, '').replaceAll(/^\n?> \S+@\S+ \S+\n> .*\n\n/gm, '');
}

/** A block ends at its first command that fails, and hands its variables on. */
async function runShell(text: string, { directory, env, stateFile }: Reader): Promise<Ran> {
  const script = `exec 2>&1\n[ ! -f "$GUIDE_STATE" ] || . "$GUIDE_STATE"\nset -ea\n${text}\nexport -p >"$GUIDE_STATE"\n`;
  return await run(['sh', '-c', script], { directory, env: { ...env, GUIDE_STATE: stateFile } });
}

/** By a command that takes SQL on standard input; its standard error tells which task is used, and what was wrong. */
export function sqlByCommand(words: readonly string[]): SqlRunner {
  return async (text, { directory, env }) => {
    const { exitCode, output, text: all } = await run(words, { directory, env }, text);
    return { exitCode, text: exitCode === 0 ? output : all.replaceAll(/^(Using|Waiting|Connecting) .*\n/gm, '') };
  };
}

async function run(
  [program = '', ...argv]: readonly string[],
  { directory, env }: Pick<Reader, 'directory' | 'env'>,
  input = '',
): Promise<Ran & { readonly output: string }> {
  const child = spawn(program, argv, { cwd: directory, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [output, errorOutput] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errorOutput += chunk));
  child.stdin.on('error', () => undefined); // a program may end before it has read
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output, text: errorOutput + output };
}
