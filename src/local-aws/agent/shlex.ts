/** What google/shlex says of an unbalanced quote, with the agent's words around it. */
export class SplitError extends Error {}

/**
 * Splits a command line as the agent does (google/shlex): quotes, backslashes and `#` comments as in a shell, but no
 * variable, pattern, pipe or other operator.
 * @throws SplitError
 */
export function split(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quote === "'") {
      if (character === "'") quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '\\') {
      index += 1;
      if (index >= line.length) throw new SplitError('EOF found after escape character');
      word = (word ?? '') + line.charAt(index);
    } else if (quote === '"') {
      if (character === '"') quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) {
      const end = line.indexOf('\n', index);
      if (end < 0) return words;
      index = end;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw new SplitError('EOF found when expecting closing quote');
  if (word !== undefined) words.push(word);
  return words;
}
