import type { Argument } from './arguments';
import { type Files, whyUnreadable } from './files';

/** Throws for what a command asks for, and why it cannot be had. */
export type Refuse = (reason: string, remedy?: string) => never;

/** A file that is to be read has to be there, and not to be written by the same script. */
export async function checkReadable(path: string, text: string, files: Files, refuse: Refuse): Promise<void> {
  if (files.isWritten(path)) {
    refuse(`${text} is written by the same script`, 'It is there when all is done: read it with a second command');
  }
  const why = await whyUnreadable(path);
  if (why !== undefined) refuse(`${text} ${why}`);
}

/** The name of a file that psql takes from an argument. */
export function fileArgument(argument: Argument | undefined, refuse: Refuse): string {
  if (argument === undefined) return '';
  if (argument.oddity === 'variable') refuse('the name of the file has a variable in it', 'Write the name itself');
  if (argument.oddity === 'double quotes') refuse('the name of the file has double quotes', 'Use single quotes');
  if (argument.oddity === 'unterminated') refuse('a quote has no end');
  return decoded(argument.text, refuse);
}

/** A name of a file from Latin-1, where a second byte that would have meant something was made 0xff. */
export function decoded(text: string, refuse: Refuse): string {
  const bytes = Buffer.from(text, 'latin1');
  if (text.includes('\xff')) refuse('the name of the file is not in UTF-8');
  const path = bytes.toString('utf8');
  if (/^~[^/]/.test(path)) refuse("another user's folder", 'Write the whole path');
  return path;
}
