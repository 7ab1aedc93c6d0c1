import { isList, isObject, type Json, textOf } from '../json';
import type { Expression } from './expression';
import { parseTemplate } from './parse';

/**
 * A value with its documents opened: `jsonencode({…})` and JSON in a text become the lists and objects that they
 * stand for, so that a change in a policy has a path. What is computed stays as `${expression}`.
 */
export function decode(value: Json): Json {
  if (isList(value)) return value.map(decode);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(inner)]));
  if (typeof value !== 'string') return value;
  if (/^\s*[[{]/.test(value)) return parseJson(value) ?? value;
  const expression = parseTemplate(value);
  const isDocument = expression.kind === 'call' && expression.name === 'jsonencode';
  return isDocument || expression.kind === 'list' || expression.kind === 'object' ? structure(expression) : value;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // a text that begins like one
  }
}

function structure(expression: Expression): Json {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'template':
      return expression.text.startsWith('"') ? expression.text.slice(1, -1) : expression.text;
    case 'list':
      return expression.items.map(structure);
    case 'object':
      return Object.fromEntries(
        expression.entries.map(([key, value]) => [
          key.kind === 'name' ? key.name : textOf(structure(key)),
          structure(value),
        ]),
      );
    case 'call':
      if (expression.name === 'jsonencode' && expression.items[0] !== undefined) return structure(expression.items[0]);
      if (expression.name === 'concat') return expression.items.flatMap(spread);
      return asTemplate(expression);
    case 'name':
    case 'attribute':
    case 'index':
    case 'splat':
    case 'conditional':
    case 'operation':
    case 'opaque':
      return asTemplate(expression);
  }
}

/** The elements that an operand of `concat` gives; those that depend on something stand as that expression. */
function spread(expression: Expression): readonly Json[] {
  const value = structure(expression);
  return isList(value) ? value : [value];
}

function asTemplate({ text }: Expression): string {
  return `\${${text}}`;
}
