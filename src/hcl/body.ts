import { asList, isObject, type Json, type JsonObject } from '../review/json';
import { bareOf, constantOf, heredocOf, valueOf } from './value';

/** How a field of a block is written. */
export type Form = 'value' | 'constant' | 'bare' | Shape;

/** The form of each field of a block, by its name and value. */
export type Shape = (name: string, value: Json) => Form;

/** Fields that stand first and last, as hand-written Terraform has them. */
const FIRST = ['count', 'for_each', 'provider'];
const LAST = ['depends_on', 'lifecycle'];

/** A block with its header: `resource "aws_vpc" "main"`. */
export function blockOf(header: string, fields: JsonObject, shape: Shape): string {
  const [attributes, blocks]: [string[], string[]] = [[], []];
  const last: string[] = [];
  for (const [name, value] of ordered(fields)) {
    const form = shape(name, value);
    if (typeof form === 'function') {
      const inner = asList(value).map((one) => blockOf(name, isObject(one) ? one : {}, form));
      (LAST.includes(name) ? last : blocks).push(...inner);
    } else {
      const line = `${name} = ${written(form, value)}`;
      if (LAST.includes(name)) last.push(line);
      else if (FIRST.includes(name)) attributes.push(`${line}\n`);
      else attributes.push(line);
    }
  }
  const groups = [attributes.join('\n'), ...blocks, ...last].filter((group) => group !== '');
  return groups.length === 0 ? `${header} {}` : `${header} {\n${groups.join('\n\n')}\n}`;
}

function written(form: 'value' | 'constant' | 'bare', value: Json): string {
  switch (form) {
    case 'value':
      return heredocOf(value) ?? valueOf(value);
    case 'constant':
      return constantOf(value);
    case 'bare':
      return bareOf(value);
  }
}

function ordered(fields: JsonObject): readonly (readonly [string, Json])[] {
  const rank = (name: string): number => (FIRST.includes(name) ? 0 : LAST.includes(name) ? 2 : 1);
  return Object.entries(fields).toSorted(([a], [b]) => rank(a) - rank(b));
}
