import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirePostgres } from '../../src/local-aws/tools';
import type { Bastion } from './bastion';
import { CONNECT, PROJECT } from './helper';

export interface SqlResult {
  readonly exitCode: number | null;
  readonly output: string;
  /** Standard error, without our own story of the task. */
  readonly story: string;
}

export interface SqlCall {
  readonly argv: readonly string[];
  /** Standard input; without it there is none. */
  readonly input?: string | Buffer | undefined;
  readonly cwd: string;
  /** Instead of the bastion's. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A `sql` that runs, in a task that runs already. */
export function startSql(bastion: Bastion, task: string, { argv, cwd, environment }: SqlCall): ChildProcess {
  const [node, program] = CONNECT;
  const where = ['--outputs', bastion.outputsFile, '--task', task];
  return spawn(node, [join(PROJECT, program), ...where, 'sql', ...argv], {
    cwd,
    env: environment ?? bastion.aws.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export async function runSql(bastion: Bastion, task: string, call: SqlCall): Promise<SqlResult> {
  return await resultOf(startSql(bastion, task, call), call.input);
}

/** The psql of this machine, as our own should be. */
export async function runPsql(environment: NodeJS.ProcessEnv, { argv, cwd, input }: SqlCall): Promise<SqlResult> {
  const words = ['-X', '-w', '-v', 'ON_ERROR_STOP=1', ...argv];
  return await resultOf(spawn(join(requirePostgres(), 'psql'), words, { cwd, env: environment }), input);
}

export async function resultOf(child: ChildProcess, input?: string | Buffer): Promise<SqlResult> {
  const [output, story]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => story.push(chunk));
  child.stdin?.on('error', () => undefined); // it may have had enough
  child.stdin?.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const said = Buffer.concat(story)
    .toString()
    .replace(/^Waiting for the task .*\n/, '');
  return { exitCode, output: Buffer.concat(output).toString(), story: said };
}

/** What is left in the folders for temporary files of all containers. */
export function temporaryFiles({ directory }: Bastion): readonly string[] {
  const entries = readdirSync(join(directory, 'aws'), { recursive: true, encoding: 'utf8' });
  return entries.filter((path) => /\/tmp\/./.test(path));
}

/** The command lines of all processes of this machine. */
export function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return ''; // it has ended
      }
    });
}
