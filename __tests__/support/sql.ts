import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Bastion } from './bastion';
import { CONNECT, PROJECT } from './helper';

export interface SqlResult {
  readonly exitCode: number | null;
  readonly output: string;
  /** Standard error. */
  readonly story: string;
}

export interface SqlCall {
  readonly argv: readonly string[];
  /** Standard input; without it there is none. */
  readonly input?: string | Buffer | undefined;
  readonly cwd: string;
}

/** Runs `sql` in a task that runs already. */
export async function runSql(bastion: Bastion, task: string, { argv, input, cwd }: SqlCall): Promise<SqlResult> {
  const [node, program] = CONNECT;
  const where = ['--outputs', bastion.outputsFile, '--task', task];
  const child = spawn(node, [join(PROJECT, program), ...where, 'sql', ...argv], {
    cwd,
    env: bastion.aws.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [output, story]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => story.push(chunk));
  child.stdin.on('error', () => undefined); // it may have had enough
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const said = Buffer.concat(story)
    .toString()
    .replace(/^Waiting for the task .*\n/, '');
  return { exitCode, output: Buffer.concat(output).toString(), story: said };
}
