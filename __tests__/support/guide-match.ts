export interface Mismatch {
  /** Of the first expected line that is not there, from 0. */
  readonly line: number;
  readonly expected: string;
  /** What stands in its place; undefined at the end. */
  readonly actual: string | undefined;
}

const WILDCARD = '…';

/**
 * Compares what was printed with what a document shows: line by line, without blanks at the ends of lines and without
 * blank lines around it. `…` in a line stands for anything in that line, a line of `…` alone for any number of lines.
 */
export function findMismatch(expectedText: string, actualText: string): Mismatch | undefined {
  const [expected, actual] = [linesOf(expectedText), linesOf(actualText)];
  let furthest: Mismatch = { line: 0, expected: expected[0] ?? '', actual: actual[0] };
  const note = (line: number, at: number): boolean => {
    if (line >= furthest.line) {
      furthest = { line, expected: expected[line] ?? '(nothing more)', actual: actual[at] };
    }
    return false;
  };
  const fits = (line: number, at: number): boolean => {
    for (let [i, j] = [line, at]; ; i += 1, j += 1) {
      const wanted = expected[i];
      if (wanted === undefined) return j === actual.length || note(i, j);
      if (wanted.trim() === WILDCARD) {
        if (i === expected.length - 1) return true;
        for (let next = j; next <= actual.length; next += 1) if (fits(i + 1, next)) return true;
        return false;
      }
      const found = actual[j];
      if (found === undefined || !patternOf(wanted).test(found)) return note(i, j);
    }
  };
  return fits(0, 0) ? undefined : furthest;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const first = lines.findIndex((line) => line !== '');
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
}

function patternOf(line: string): RegExp {
  const parts = line.split(WILDCARD).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u');
}
