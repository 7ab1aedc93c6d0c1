import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isErrno, UserError } from '../errors';

/**
 * Runs a command in the foreground. Ctrl-C reaches it from the terminal by itself; other endings are passed on, so that
 * what we started ends before we do. @returns its exit code, 128 + n when signal n ended it
 */
export async function runCommand(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...argv] = words;
  const passOn = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const ignore = (): void => undefined;
  // Before the command starts: it may be heard of, and we be told to end, before spawn has returned.
  process.on('SIGINT', ignore).on('SIGTERM', passOn).on('SIGHUP', passOn);
  const child = spawn(program, argv, { env, stdio: 'inherit' });
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) throw new UserError(`${program} cannot be run: is it on the PATH?`);
    throw error;
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', passOn).off('SIGHUP', passOn);
  }
}
