/**
 * What moves a cursor, rings, renames a window, turns text around or breaks a line: control characters (C0, DEL, C1), the
 * marks, embeddings, overrides and isolates of bidirectional text, and the separators of lines and paragraphs.
 */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const RETURN_BEFORE_NEWLINE = /\r+(?=\n)/g;

/**
 * Text from anywhere, as it may be shown at a terminal: it can print characters and begin lines, and nothing else. What
 * else it holds shows as `\x1b` or `\u202e`. Newlines and tabs stay, and CR LF is a newline.
 */
export function printable(text: string): string {
  return text
    .replace(RETURN_BEFORE_NEWLINE, '')
    .replace(UNSAFE, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));
}

/** The same for a part of a line, such as a cell of a table: newlines and tabs show as `\n` and `\t`. */
export function printableLine(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** A value as JSON that is safe at a terminal and the same to whoever parses it. */
export function printableJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return json.replace(UNSAFE, (character) => (character === '\n' ? character : `\\u${hexadecimal(character, 4)}`));
}

function escaped(character: string): string {
  const short = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }[character];
  if (short !== undefined) return short;
  return character < '\u0100' ? `\\x${hexadecimal(character, 2)}` : `\\u${hexadecimal(character, 4)}`;
}

function hexadecimal(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
