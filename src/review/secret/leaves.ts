import { type Expression, partsOf } from '../expression/expression';
import { parseTemplate } from '../expression/parse';
import { type Reference, referencesOf } from '../expression/references';

/** What a value is made of in the end: text that stands in the code, or something that is referred to. */
export type Leaf =
  | { readonly kind: 'text'; readonly value: string; readonly written: string }
  | { readonly kind: 'reference'; readonly reference: Reference };

/** Functions that give on what they get. Others take names of files and keys, which are no secrets. */
const PASSING = new Set(
  'base64decode base64encode coalesce concat format join merge nonsensitive sensitive tostring trimspace try'.split(
    ' ',
  ),
);

/** The leaves of an expression; conditions and keys decide about a value and are no part of it. */
export function leavesOf(expression: Expression): Leaf[] {
  switch (expression.kind) {
    case 'literal': {
      const { value, text } = expression;
      return typeof value === 'string' && value !== '' ? [{ kind: 'text', value, written: text }] : [];
    }
    case 'opaque':
      return [{ kind: 'text', value: expression.text, written: expression.text }];
    case 'conditional':
      return expression.items.slice(1).flatMap(leavesOf);
    case 'operation':
      return [];
    case 'call':
      return PASSING.has(expression.name) ? expression.items.flatMap(leavesOf) : asReferences(expression);
    case 'template':
    case 'list':
      return partsOf(expression).flatMap(leavesOf);
    case 'object':
      return expression.entries.flatMap(([, value]) => leavesOf(value));
    case 'attribute':
    case 'index':
    case 'splat':
    case 'name':
      return asReferences(expression);
  }
}

/** The text with what stands in it in clear hidden. */
export function hidden(text: string, expression: Expression): string {
  const texts = leavesOf(expression).flatMap((leaf) => (leaf.kind === 'text' ? [leaf.written] : []));
  return texts.reduce((before, one) => before.replaceAll(one, one.startsWith('"') ? `"${HIDDEN}"` : HIDDEN), text);
}

export const HIDDEN = '(hidden)';

/** Whole texts are hidden as such. */
export function hiddenText(text: string): string {
  const expression = parseTemplate(text);
  return expression.kind === 'template' && leavesOf(expression).some(({ kind }) => kind === 'text')
    ? HIDDEN
    : hidden(text, expression);
}

function asReferences(expression: Expression): Leaf[] {
  return referencesOf(expression).map((reference) => ({ kind: 'reference', reference }));
}
