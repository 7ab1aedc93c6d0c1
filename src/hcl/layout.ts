import { endOfQuoted } from './scan';

const WIDTH = 100;

/** An expression on one line where it fits, else with the elements of its lists, objects and calls on lines of their own. */
export function layOut(expression: string): string {
  if (expression.length <= WIDTH || expression.includes('\n')) return expression;
  return piecesOf(expression)
    .map((piece) => (typeof piece === 'string' ? piece : openGroup(piece)))
    .join('');
}

/** What stands in brackets. */
interface Group {
  readonly open: string;
  readonly inner: string;
  readonly close: string;
}

function openGroup({ open, inner, close }: Group): string {
  const text = inner.trim();
  if (text.length <= WIDTH / 2) return open + inner + close;
  // `for` has commas of its own.
  const items = /^for\s/.test(text) ? [text] : splitAtCommas(text);
  // `jsonencode({` and `[{` open as one.
  if (items.length === 1 && open !== '{' && /^[[{]/.test(text) && endOfToken(text, 0) === text.length) {
    return open + layOut(text) + close;
  }
  // Objects end their elements with the line, so that `terraform fmt` aligns them.
  return `${open}\n${items.map(layOut).join(open === '{' ? '\n' : ',\n')}\n${close}`;
}

const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Text as it is, and the outermost brackets in it. An index counts as text. @throws SyntaxError */
function piecesOf(text: string): readonly (string | Group)[] {
  const pieces: (string | Group)[] = [];
  let start = 0;
  for (let here = 0; here < text.length;) {
    const end = endOfToken(text, here);
    const open = text.charAt(here);
    const isIndex = open === '[' && /[\w\])"]/.test(text.charAt(here - 1));
    if (end > here + 1 && CLOSES[open] !== undefined && !isIndex) {
      pieces.push(text.slice(start, here));
      pieces.push({ open, inner: text.slice(here + 1, end - 1), close: text.charAt(end - 1) });
      start = end;
    }
    here = end;
  }
  return [...pieces, text.slice(start)];
}

function splitAtCommas(text: string): readonly string[] {
  const items: string[] = [];
  let start = 0;
  for (let here = 0; here < text.length;) {
    if (text[here] === ',') {
      items.push(text.slice(start, here).trim());
      start = here + 1;
    }
    here = endOfToken(text, here);
  }
  const last = text.slice(start).trim();
  return last === '' ? items : [...items, last];
}

/** The place behind a quoted text, a pair of brackets with all that is in it, or a character. @throws SyntaxError */
function endOfToken(text: string, at: number): number {
  const first = text.charAt(at);
  if (first === '"') return endOfQuoted(text, at);
  const close = CLOSES[first];
  if (close === undefined) return at + 1;
  for (let here = at + 1; here < text.length;) {
    if (text[here] === close) return here + 1;
    here = endOfToken(text, here);
  }
  throw new SyntaxError(`a bracket does not close: ${text.slice(at)}`);
}
