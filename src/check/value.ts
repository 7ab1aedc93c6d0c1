/**
 * What an attribute may be, as far as the configuration alone tells. What only a plan or AWS knows is text: the
 * expression in `${…}`.
 */
export type Value = null | boolean | number | string | readonly Value[] | OneOf | { readonly [name: string]: Value };

/** A value that a condition decides. */
export class OneOf {
  constructor(readonly values: readonly Value[]) {}
}

export function unknown(expression: string): string {
  return `\${${expression}}`;
}

/** All that a value may be: itself, unless a condition decides. */
export function possibilities(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [null];
  return value instanceof OneOf ? value.values.flatMap(possibilities) : [value];
}

/** Whether it cannot be anything else. A value that only a plan knows is given the benefit of the doubt. */
export function isSurely(value: Value | undefined, fits: (one: Value) => boolean): boolean {
  return possibilities(value).every((one) => isUnknown(one) || fits(one));
}

/** Whether there is something: text, a reference, a list or an object. */
export function isSet(value: Value | undefined): boolean {
  return possibilities(value).every((one) => one !== null && one !== '');
}

/** Whether it is an expression as a whole. */
export function isUnknown(value: Value): boolean {
  return typeof value === 'string' && /^\$\{.*\}$/s.test(value);
}

/** A value as text; empty for what is none, as lists are. */
export function textOf(value: Value | undefined): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The elements of a list, whichever it is; a single value counts as a list of one, as in policies. */
export function elements(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (value instanceof OneOf) return value.values.flatMap(elements);
  return isList(value) ? value.flatMap(possibilities) : [value];
}

/** The texts among the elements. */
export function texts(value: Value | undefined): readonly string[] {
  return elements(value).filter((one) => typeof one === 'string');
}

export type Fields = Readonly<Record<string, Value>>;

/** The objects among the elements. */
export function objects(value: Value | undefined): readonly Fields[] {
  return elements(value).filter(isFields);
}

export function isFields(value: Value): value is Fields {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof OneOf);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
