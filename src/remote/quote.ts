import { UserError } from '../errors';

/**
 * Quotes one argument for a POSIX shell and for the agent's splitter (google/shlex), which agree on single quotes.
 * @throws UserError for NUL, which no argument can hold
 */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw new UserError('An argument contains a NUL character', 'Remove it');
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(argument)) return argument;
  // In single quotes nothing is special but the quote itself, which is closed, put in double quotes, and reopened.
  return `'${argument.replaceAll("'", `'"'"'`)}'`;
}

/** A command line from its arguments. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
