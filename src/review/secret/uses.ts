import { type Expression, partsOf } from '../expression/expression';
import { parseTemplate } from '../expression/parse';
import { isList, isObject, type Json } from '../json';
import { isSecretName, nameOf } from './names';

/** A place where a secret is used. */
export interface Use {
  /** `master_password`, `PGPASSWORD` */
  readonly name: string;
  readonly value: Expression;
  /** Whether it says where the secret lies (`valueFrom`), rather than what it is. */
  readonly isPointer: boolean;
  /** Conditions on the way to it. */
  readonly when: readonly string[];
}

/** Values whose names say that they are secret, in blocks and in the expressions and documents in them. */
export function usesOf(value: Json, key = ''): Use[] {
  if (isList(value)) return value.flatMap((one) => usesOf(one, key));
  if (isObject(value)) {
    const sibling = typeof value.name === 'string' ? value.name : '';
    return Object.entries(value).flatMap(([inner, one]) => {
      const name = nameOf(inner, sibling);
      return inner === 'valueFrom' && typeof one === 'string'
        ? [{ name, value: parseTemplate(one), isPointer: true, when: [] }]
        : usesOf(one, name);
    });
  }
  if (typeof value !== 'string' || value === '') return [];
  const expression = parseTemplate(value);
  return isSecretName(key) ? [{ name: key, value: expression, isPointer: false, when: [] }] : within(expression, []);
}

function within(expression: Expression, when: readonly string[]): Use[] {
  if (expression.kind === 'conditional') {
    const [condition, whenTrue, whenFalse] = expression.items;
    return [...within(whenTrue, [...when, condition.text]), ...within(whenFalse, [...when, `not ${condition.text}`])];
  }
  if (expression.kind !== 'object') return partsOf(expression).flatMap((part) => within(part, when));
  const sibling = textOf(expression.entries.find(([key]) => textOf(key) === 'name')?.[1]);
  return expression.entries.flatMap(([key, value]) => {
    const name = nameOf(textOf(key), sibling);
    if (!isSecretName(name)) return within(value, when);
    return [{ name, value, isPointer: textOf(key) === 'valueFrom', when }];
  });
}

function textOf(expression: Expression | undefined): string {
  if (expression === undefined) return '';
  return expression.kind === 'literal' ? String(expression.value) : expression.text;
}
