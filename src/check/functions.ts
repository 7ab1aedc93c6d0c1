import { elements, isFields, unknown, type Value } from './value';

/** What a function of Terraform makes of its arguments, where that shows from here. JSON stays the value it encodes. */
export function call(name: string, values: readonly Value[]): Value {
  const [first = null] = values;
  if (name === 'jsonencode') return first;
  if (name === 'concat') return values.flatMap(elements);
  if (name === 'merge' && values.every(isFields)) return Object.assign({}, ...values) as Value;
  return unknown(`${name}(…)`);
}
