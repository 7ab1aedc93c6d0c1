/** Where `\copy` names what it copies from or to. */
export interface CopyEnd {
  readonly direction: 'from' | 'to';
  readonly end: 'file' | 'program' | 'stdin' | 'stdout' | 'pstdin' | 'pstdout';
  /** A file's name, in Latin-1 like the line. */
  readonly file: string;
  /** The word's place in the argument. */
  readonly start: number;
  readonly stop: number;
}

/** A name, a quoted name, a bracket or a dot; in a query, strings too. */
const NAME_TOKEN = /[ \t\n\r]*("(?:[^"]|"")*"|[.,()]|[^ \t\n\r.,()"]+)/y;
const QUERY_TOKEN = /[ \t\n\r]*("(?:[^"]|"")*"|'(?:[^']|'')*'|[()]|[^ \t\n\r()"']+)/y;
const END_TOKEN = /[ \t\n\r]*('(?:[^']|'')*'|[^ \t\n\r;']+)/y;

/**
 * Finds the file in the argument of `\copy`, as `parse_slash_copy` of psql does: nothing in it is a variable.
 * @returns undefined where psql says that it cannot be parsed
 */
export function copyEnd(argument: string): CopyEnd | undefined {
  let at = 0;
  const next = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const match = pattern.exec(argument);
    at = match === null ? argument.length : pattern.lastIndex;
    return match?.[1] ?? '';
  };
  const skipBrackets = (pattern: RegExp): void => {
    for (let depth = 1; depth > 0;) {
      const token = next(pattern);
      if (token === '') return;
      if (token === '(') depth += 1;
      if (token === ')') depth -= 1;
    }
  };
  let token = next(NAME_TOKEN);
  if (token.toLowerCase() === 'binary') token = next(NAME_TOKEN);
  if (token === '(') {
    skipBrackets(QUERY_TOKEN);
    token = next(NAME_TOKEN);
  } else {
    token = next(NAME_TOKEN);
    if (token === '.') {
      next(NAME_TOKEN);
      token = next(NAME_TOKEN);
    }
    if (token === '(') {
      skipBrackets(NAME_TOKEN);
      token = next(NAME_TOKEN);
    }
  }
  const direction = token.toLowerCase();
  if (direction !== 'from' && direction !== 'to') return undefined;
  const word = next(END_TOKEN);
  if (word === '') return undefined;
  const place = { direction, start: at - word.length, stop: at } as const;
  const name = word.toLowerCase();
  if (name === 'program' || name === 'stdin' || name === 'stdout' || name === 'pstdin' || name === 'pstdout') {
    return { ...place, end: name, file: '' };
  }
  const file = word.startsWith("'") ? word.slice(1, -1).replaceAll("''", "'") : word;
  return { ...place, end: 'file', file };
}
