import { type Expression, partsOf } from './expression';

/** What an expression reads: an element of the stack, and which attribute of it. */
export interface Reference {
  /** `var.x`, `local.x`, `data.aws_x.y`, `aws_x.y`. */
  readonly address: string;
  /** Undefined: the whole of it. */
  readonly attribute: string | undefined;
}

/** Names that stand for no element of the stack. */
const NO_ELEMENTS = new Set(['each', 'count', 'self', 'path', 'terraform']);

/** All that an expression refers to, in the order in which it is written. */
export function referencesOf(expression: Expression): Reference[] {
  if (expression.kind === 'opaque') return guessReferences(expression.text);
  const path = pathOf(expression);
  const keys = keysOf(expression).flatMap(referencesOf);
  if (path === undefined) return [...partsOf(expression).flatMap(referencesOf)];
  const reference = asReference(path);
  return reference === undefined ? keys : [reference, ...keys];
}

/** `a.b[0].c` → a, b, c; `values(a.b)[*].c` as well, since it reads no more than that. */
function pathOf(expression: Expression): string[] | undefined {
  switch (expression.kind) {
    case 'name':
      return [expression.name];
    case 'attribute': {
      const path = pathOf(expression.object);
      return path === undefined ? undefined : [...path, expression.name];
    }
    case 'index':
    case 'splat':
      return pathOf(expression.object);
    case 'call': {
      const [only, ...others] = expression.items;
      return expression.name === 'values' && only !== undefined && others.length === 0 ? pathOf(only) : undefined;
    }
    case 'literal':
    case 'template':
    case 'list':
    case 'object':
    case 'conditional':
    case 'operation':
    case 'opaque':
      return undefined;
  }
}

/** The keys in a path's brackets: expressions of their own. */
function keysOf(expression: Expression): Expression[] {
  if (expression.kind === 'index') return [...keysOf(expression.object), expression.key];
  return expression.kind === 'attribute' || expression.kind === 'splat' ? keysOf(expression.object) : [];
}

function asReference([root = '', second, third, fourth]: readonly string[]): Reference | undefined {
  if (second === undefined || NO_ELEMENTS.has(root)) return undefined;
  if (root === 'data') return { address: `data.${second}.${third ?? ''}`, attribute: fourth };
  return { address: `${root}.${second}`, attribute: third };
}

function guessReferences(text: string): Reference[] {
  return [...text.matchAll(/(?<![\w."])[a-z_][\w-]*(?:\.[a-zA-Z_][\w-]*|\[[^\]]*\])+/g)].flatMap(([path]) => {
    const reference = asReference(path.replaceAll(/\[[^\]]*\]/g, '').split('.'));
    return reference === undefined ? [] : [reference];
  });
}
