import { StartFailure } from './pty';
import { split, SplitError } from './shlex';

/**
 * The words of a command line as the agent in a container runs them: split, but by no shell.
 * @throws StartFailure
 */
export function parseCommand(line: string): readonly string[] {
  const words = splitLine(line);
  // The real agent takes the first word unseen: it panics, and its worker ends without a word.
  if (words.length === 0) throw new Error(`the command ${JSON.stringify(line)} has no word`);
  return words;
}

function splitLine(line: string): readonly string[] {
  try {
    return split(line);
  } catch (error) {
    if (!(error instanceof SplitError)) throw error;
    throw new StartFailure(`Failed to parse commands input: ${error.message}`);
  }
}
