import { isList, isObject, type Json, member } from '../json';
import type { Expression } from './expression';

/** What names stand for: the defaults of variables, the values of locals. Undefined: not known before the plan. */
export type Lookup = (address: string) => Json | undefined;

/** The value of an expression, where constants, defaults and plain operators tell it; else undefined. */
export function evaluate(expression: Expression, lookup: Lookup): Json | undefined {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'template': {
      const parts = expression.parts.map((part) => evaluate(part, lookup));
      return parts.every((part) => isScalar(part)) ? joined(parts.map(String)) : undefined;
    }
    case 'attribute': {
      const { object, name } = expression;
      if (object.kind === 'name') return lookup(`${object.name}.${name}`);
      const value = evaluate(object, lookup);
      return isObject(value) ? member(value, name) : undefined;
    }
    case 'index':
      return indexed(evaluate(expression.object, lookup), evaluate(expression.key, lookup));
    case 'list':
      return allOf(expression.items, lookup);
    case 'object': {
      const keys = expression.entries.map(([key]) => (key.kind === 'name' ? key.name : evaluate(key, lookup)));
      const values = allOf(
        expression.entries.map(([, value]) => value),
        lookup,
      );
      if (values === undefined || !keys.every((key) => typeof key === 'string')) return undefined;
      return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? null]));
    }
    case 'conditional': {
      const [condition, whenTrue, whenFalse] = expression.items;
      const decided = evaluate(condition, lookup);
      if (typeof decided !== 'boolean') return undefined;
      return evaluate(decided ? whenTrue : whenFalse, lookup);
    }
    case 'operation':
      return operate(
        expression.operator,
        expression.items.map((item) => evaluate(item, lookup)),
      );
    case 'call':
      return call(expression.name, allOf(expression.items, lookup));
    case 'name':
    case 'splat':
    case 'opaque':
      return undefined;
  }
}

function allOf(items: readonly Expression[], lookup: Lookup): readonly Json[] | undefined {
  const values = items.map((item) => evaluate(item, lookup));
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** The longest value that is followed; locals that double each other would grow without end. */
const MOST_LENGTH = 100_000;

function isShort(parts: readonly { readonly length: number }[]): boolean {
  return parts.reduce((sum, { length }) => sum + length, 0) <= MOST_LENGTH;
}

function joined(parts: readonly string[]): string | undefined {
  return isShort(parts) ? parts.join('') : undefined;
}

function isScalar(value: Json | undefined): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function indexed(object: Json | undefined, key: Json | undefined): Json | undefined {
  if (isList(object) && typeof key === 'number') return object[key];
  return isObject(object) && typeof key === 'string' ? member(object, key) : undefined;
}

function operate(operator: string, [left, right]: readonly (Json | undefined)[]): Json | undefined {
  // One side is enough where the other cannot change the answer.
  if (operator === '&&' && (left === false || right === false)) return false;
  if (operator === '||' && (left === true || right === true)) return true;
  if (left === undefined) return undefined;
  if (right === undefined) return operator === '!' && typeof left === 'boolean' ? !left : undefined;
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left === 'boolean' && typeof right === 'boolean') return operator === '&&' ? left && right : left || right;
  return typeof left === 'number' && typeof right === 'number' ? member(NUMBERS, operator)?.(left, right) : undefined;
}

const NUMBERS: Readonly<Record<string, (a: number, b: number) => Json>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

function call(name: string, items: readonly Json[] | undefined): Json | undefined {
  const [first] = items ?? [];
  if (items === undefined) return undefined;
  switch (name) {
    case 'nonsensitive':
    case 'sensitive':
    case 'toset':
    case 'tolist':
    case 'tostring':
    case 'try':
      return first;
    case 'tonumber':
      return typeof first === 'string' && first !== '' && !Number.isNaN(Number(first)) ? Number(first) : first;
    case 'concat':
      return items.every(isList) && isShort(items) ? items.flat() : undefined;
    case 'merge':
      return items.every(isObject) ? Object.fromEntries(items.flatMap((item) => Object.entries(item))) : undefined;
    case 'length':
      return isList(first) ? first.length : isObject(first) ? Object.keys(first).length : undefined;
    default:
      return undefined;
  }
}
