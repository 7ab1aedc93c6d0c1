import { spawn } from 'node:child_process';
import { isErrno, UserError } from '../errors';

export interface Ended {
  /** Null: a signal ended it. */
  readonly exitCode: number | null;
  /** What it printed, standard errors behind. */
  readonly said: string;
}

/**
 * Runs a program, and settles when it is gone: also when the signal fires, so that it writes into no folder that is
 * being removed.
 * @throws what the signal was aborted with
 */
export async function runChild(
  program: string,
  argv: readonly string[],
  { cwd, env, signal }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Ended> {
  signal.throwIfAborted();
  // npm that waits for an answer stays through SIGINT and SIGTERM; what it leaves half done here goes with the folder.
  const ends = { signal, killSignal: 'SIGKILL' } as const;
  const child = spawn(program, [...argv], { cwd, env, ...ends, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const failure: { cause?: Error } = {};
  child.on('error', (error) => (failure.cause = error));
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  signal.throwIfAborted();
  if (isErrno(failure.cause, 'ENOENT')) throw new UserError(`${program} is not on the PATH`, `Install ${program}`);
  if (failure.cause !== undefined) throw failure.cause;
  return { exitCode, said: Buffer.concat([...output, ...errors]).toString() };
}
