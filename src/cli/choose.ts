import { createInterface } from 'node:readline/promises';
import { UserError } from '../errors';
import { printableLine } from '../printable';
import { isInteractive, type Terminal } from './terminal';

export interface Choice<T> {
  /** `running bastion of yours` */
  readonly what: string;
  readonly candidates: readonly T[];
  readonly describe: (candidate: T) => string;
  /** How to name one without a terminal. */
  readonly remedy: string;
}

/**
 * The one candidate, or the one that the user picks from a list. There is at least one.
 * @throws UserError that names them, where there is nobody to ask
 */
export async function choose<T>(choice: Choice<T>, terminal: Terminal, signal: AbortSignal): Promise<T> {
  const { what, candidates, describe, remedy } = choice;
  const [only, another] = candidates;
  if (only === undefined) throw new Error('nothing to choose from');
  if (another === undefined) return only;
  const lines = candidates.map((candidate, index) => `  ${index + 1}  ${printableLine(describe(candidate))}`);
  if (!isInteractive(terminal)) {
    throw new UserError(`There is more than one ${what}:\n${lines.join('\n')}`, remedy);
  }
  terminal.story.write(`There is more than one ${printableLine(what)}:\n${lines.join('\n')}\n`);
  for (;;) {
    const answer = await ask(`Which one? [1-${candidates.length}] `, terminal, signal);
    const picked = candidates[Number(answer) - 1];
    if (picked !== undefined) return picked;
  }
}

/** Asks a question that `y` or `yes` agrees to. */
export async function confirm(question: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, terminal, signal));
}

/** @throws UserError at the end of input; the signal's reason */
async function ask(question: string, { input, story }: Terminal, signal: AbortSignal): Promise<string> {
  const readline = createInterface({ input, output: story, terminal: false });
  const ended = new AbortController();
  readline.once('close', () => {
    ended.abort();
  });
  try {
    return (await readline.question(question, { signal: AbortSignal.any([signal, ended.signal]) })).trim();
  } catch (error) {
    signal.throwIfAborted();
    if (ended.signal.aborted) throw new UserError('Nothing was answered', '', { cause: error });
    throw error;
  } finally {
    readline.close();
    input.pause();
  }
}
