import { quoteAll } from './quote';

/** Undoes what `oneLine` did. */
const UNFOLD = 's=$1; shift; eval "$(printf %b "$s")"';

/**
 * A command line for ExecuteCommand that runs a POSIX shell script with arguments. The agent splits the line as a shell
 * would but runs it without one, so the script needs its own `sh`. The line has no newline of the script's: it travels
 * through a session document and a template, in which nobody has promised anything about newlines.
 */
export function scriptCommand(script: string, words: readonly string[]): string {
  return quoteAll(['sh', '-c', UNFOLD, 'sh', oneLine(script.trim()), ...words]);
}

function oneLine(script: string): string {
  return script.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
