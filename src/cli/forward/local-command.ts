import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isErrno, UserError } from '../../errors';
import { InterruptedError, type Interruption } from '../signals';

/** The shell's code for a command that is not there, or may not be run. */
class CommandError extends UserError {
  constructor(
    message: string,
    override readonly exitCode: number,
    cause: unknown,
  ) {
    super(message, 'Check its name and PATH', { cause });
  }
}

/**
 * Runs a command of this machine at our own streams. Ctrl-C at the terminal is its own matter; another signal to us is
 * handed on, and its end awaited.
 * @param words a program and its arguments; a single word is a line for the shell
 * @returns its exit code, 128 + n when signal n ended it
 * @throws UserError (127, 126) when it cannot be started
 */
export async function runCommand(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  interruption: Interruption,
): Promise<number> {
  const [program = '', ...args] = words;
  using ctrlC = interruption.leaveCtrlCToChild();
  const child = spawn(program, args, { stdio: 'inherit', env, shell: words.length === 1 });
  const { signal } = interruption;
  const handOn = (): void => {
    const reason: unknown = signal.reason;
    child.kill(reason instanceof InterruptedError ? reason.signal : 'SIGTERM');
  };
  signal.addEventListener('abort', handOn, { once: true });
  try {
    const [code, name] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (name === null ? 0 : constants.signals[name]);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new CommandError(`There is no command ${program} here`, 127, error);
    if (isErrno(error, 'EACCES')) throw new CommandError(`${program} may not be run`, 126, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', handOn);
  }
}
