/** One argument of a backslash command. */
export interface Argument {
  /** Its value, in Latin-1 like the line, where psql works it out without a variable or a shell. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What makes its value unknown here, or another than it looks: a variable, backticks, double quotes, no end. */
  readonly oddity: 'variable' | 'backticks' | 'double quotes' | 'unterminated' | undefined;
}

/** Their argument is the rest of the line as it is. */
const WHOLE_LINE = ['copy', '!', 'h', 'help', 'sf', 'sf+', 'sv', 'sv+', 'ef', 'ev'];
/** `|` begins a command of the shell, up to the end of the line. */
const MAY_PIPE = ['g', 'gx', 'o', 'out', 'w', 'write'];

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', r: '\r', f: '\f' };

/**
 * Reads the arguments of a backslash command as psql does (`psqlscanslash.l`): up to the end of the line or the next
 * backslash.
 */
export function readArguments(
  line: string,
  from: number,
  command: string,
): { readonly list: readonly Argument[]; readonly end: number } {
  if (WHOLE_LINE.includes(command)) return wholeLine(line, from);
  const list: Argument[] = [];
  let at = from;
  for (;;) {
    while (SPACE.test(line[at] ?? '')) at += 1;
    const next = line[at];
    if (next === undefined || next === '\\') return { list, end: at };
    if (next === '|' && MAY_PIPE.includes(command)) {
      const rest = wholeLine(line, at);
      return { list: [...list, ...rest.list], end: rest.end };
    }
    const argument = readArgument(line, at);
    list.push(argument);
    at = argument.end;
  }
}

function wholeLine(line: string, from: number): { readonly list: readonly Argument[]; readonly end: number } {
  const text = line.slice(from);
  return { list: [{ text, start: from, end: line.length, oddity: undefined }], end: line.length };
}

// Not `\\s`: in Latin-1 that takes a byte of UTF-8 for a space.
const SPACE = /[ \t\r\f\v\n]/;
const PLAIN = /[^ \t\r\f\v\n\\'"`:]+/y;
const QUOTED = /'((?:[^'\\]|''|\\[^])*)'/y;
const DOUBLE_QUOTED = /"[^"]*"/y;
const BACKTICKS = /`[^`]*`/y;
const VARIABLE =
  /:(?:[A-Za-z0-9_\x80-\xff]+|'[A-Za-z0-9_\x80-\xff]+'|"[A-Za-z0-9_\x80-\xff]+"|\{\?[A-Za-z0-9_\x80-\xff]+\})/y;

function readArgument(line: string, start: number): Argument {
  let [at, text] = [start, ''];
  let oddity: Argument['oddity'];
  const takes = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match !== null) at += match[0].length;
    return match;
  };
  while (at < line.length && line[at] !== '\\' && !SPACE.test(line[at] ?? '')) {
    const plain = takes(PLAIN);
    const quoted = plain === null ? takes(QUOTED) : null;
    if (plain !== null) text += plain[0];
    else if (quoted !== null) text += unescape(quoted[1] ?? '');
    else if (takes(DOUBLE_QUOTED) !== null) oddity = 'double quotes';
    else if (takes(BACKTICKS) !== null) oddity = 'backticks';
    else if (takes(VARIABLE) !== null) oddity = 'variable';
    else if (line[at] === ':') {
      text += ':';
      at += 1;
    } else return { text, start, end: line.length, oddity: line[at] === '`' ? 'backticks' : 'unterminated' };
  }
  return { text, start, end: at, oddity };
}

function unescape(text: string): string {
  return text.replace(/''|\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|[^])/g, (whole, escape: string | undefined) => {
    if (escape === undefined) return whole.slice(1);
    if (/^x./.test(escape)) return String.fromCharCode(parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(parseInt(escape, 8) & 0xff);
    return ESCAPES[escape] ?? escape;
  });
}

/** Puts a value into single quotes, as an argument that psql takes for it. */
export function quoteArgument(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `'${escaped}'`;
}
