/**
 * Where things end in Terraform's language. Source: HCL native syntax, "Templates": a quoted text may hold `${…}` and
 * `%{…}`, which hold expressions, which hold quoted texts; `$${` and `%%{` are no such beginnings.
 */

/** @param at of the opening quote @returns the place behind the closing one @throws SyntaxError */
export function endOfQuoted(text: string, at: number): number {
  let here = at + 1;
  while (here < text.length) {
    if (text[here] === '"') return here + 1;
    here = text[here] === '\\' ? here + 2 : behindPiece(text, here);
  }
  throw new SyntaxError(`a text does not end: ${text.slice(at)}`);
}

/** @param at of `${` or `%{` @returns the place behind its brace @throws SyntaxError */
export function endOfInterpolation(text: string, at: number): number {
  let depth = 0;
  let here = at + 1;
  while (here < text.length) {
    const character = text[here];
    if (character === '"') {
      here = endOfQuoted(text, here);
      continue;
    }
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    here += 1;
    if (depth === 0) return here;
  }
  throw new SyntaxError(`an interpolation does not end: ${text.slice(at)}`);
}

export interface Part {
  readonly kind: 'literal' | 'interpolation';
  readonly text: string;
}

/** The parts of a template; `$${` and `%%{` belong to the literal ones. @throws SyntaxError */
export function partsOf(template: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = 0;
  for (let here = 0; here < template.length;) {
    const next = behindPiece(template, here);
    if (beginsInterpolation(template, here)) {
      if (here > literal) parts.push({ kind: 'literal', text: template.slice(literal, here) });
      parts.push({ kind: 'interpolation', text: template.slice(here, next) });
      literal = next;
    }
    here = next;
  }
  if (literal < template.length) parts.push({ kind: 'literal', text: template.slice(literal) });
  return parts;
}

/** Of a template's text: the place behind an interpolation, an escaped beginning of one, or a character. */
function behindPiece(text: string, here: number): number {
  if (text.startsWith('$${', here) || text.startsWith('%%{', here)) return here + 3;
  return beginsInterpolation(text, here) ? endOfInterpolation(text, here) : here + 1;
}

function beginsInterpolation(text: string, here: number): boolean {
  return text.startsWith('${', here) || text.startsWith('%{', here);
}
