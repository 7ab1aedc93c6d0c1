import { isList, isObject, type Json } from '../json';
import { parseTemplate } from '../expression/parse';
import type { Expression } from '../expression/expression';
import { referencesOf } from '../expression/references';
import { typeOf } from '../stack';
import type { Defaults } from './facts';

/** Availability zones of the region that an account sees: three, as in most. The plan knows; the text does not. */
export const ZONES = 3;

/** How many a resource or data source stands for; undefined when only the plan knows. */
export function instancesOf(defaults: Defaults, address: string): number | undefined {
  if (typeOf(address) === 'aws_availability_zones') return ZONES;
  const block = defaults.stack.resources.get(address) ?? defaults.stack.data.get(address);
  const { count, for_each: forEach } = block ?? {};
  if (count !== undefined && count !== null) {
    const value = defaults.value(count);
    return typeof value === 'number' ? value : undefined;
  }
  return forEach === undefined || forEach === null ? 1 : sizeOf(defaults, forEach);
}

/** How many elements a collection has. */
export function sizeOf(defaults: Defaults, value: Json): number | undefined {
  const known = defaults.value(value);
  if (isList(known)) return known.length;
  if (isObject(known)) return Object.keys(known).length;
  return typeof value === 'string' ? sizeOfExpression(defaults, parseTemplate(value)) : undefined;
}

function sizeOfExpression(defaults: Defaults, expression: Expression): number | undefined {
  if (expression.kind === 'list') return expression.items.length;
  if (expression.kind === 'call') return sizeOfCall(defaults, expression.name, expression.items);
  if (expression.kind === 'conditional') {
    const [condition, whenTrue, whenFalse] = expression.items;
    const decided = defaults.evaluate(condition);
    return typeof decided === 'boolean' ? sizeOfExpression(defaults, decided ? whenTrue : whenFalse) : undefined;
  }
  const [reference, ...others] = referencesOf(expression);
  if (reference === undefined || others.length > 0) return undefined;
  if (!reference.address.startsWith('local.')) return instancesOf(defaults, reference.address);
  const local = defaults.stack.locals.get(reference.address.slice('local.'.length));
  return local === undefined ? undefined : sizeOf(defaults, local);
}

function sizeOfCall(defaults: Defaults, name: string, items: readonly Expression[]): number | undefined {
  const [first, from, to] = items;
  if (first === undefined) return undefined;
  if (name === 'slice' && from !== undefined && to !== undefined) {
    const [start, end] = [defaults.evaluate(from), defaults.evaluate(to)];
    return typeof start === 'number' && typeof end === 'number' ? end - start : undefined;
  }
  return ['toset', 'tolist', 'values', 'keys', 'sort', 'tomap'].includes(name)
    ? sizeOfExpression(defaults, first)
    : undefined;
}
