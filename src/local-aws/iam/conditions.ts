import { list, record } from '../aws-api';
import {
  contextValues,
  type Fill,
  type FilledText,
  matches,
  matchesArn,
  plainText,
  type RequestContext,
} from './pattern';

type Compare = (filled: FilledText, value: string) => boolean;

interface Operator {
  readonly compare: Compare;
  readonly isNegated: boolean;
}

const equals: Compare = (filled, value) => plainText(filled) === value;
const equalsIgnoringCase: Compare = (filled, value) => plainText(filled).toLowerCase() === value.toLowerCase();
const like: Compare = (filled, value) => matches(filled, value);

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { compare: equals, isNegated: false },
  StringNotEquals: { compare: equals, isNegated: true },
  StringEqualsIgnoreCase: { compare: equalsIgnoringCase, isNegated: false },
  StringNotEqualsIgnoreCase: { compare: equalsIgnoringCase, isNegated: true },
  StringLike: { compare: like, isNegated: false },
  StringNotLike: { compare: like, isNegated: true },
  // IAM makes no difference between these two.
  ArnEquals: { compare: matchesArn, isNegated: false },
  ArnLike: { compare: matchesArn, isNegated: false },
  ArnNotEquals: { compare: matchesArn, isNegated: true },
  ArnNotLike: { compare: matchesArn, isNegated: true },
  Bool: { compare: equalsIgnoringCase, isNegated: false },
};

type Quantifier = 'ForAllValues' | 'ForAnyValue';

/** One key of a condition block, and what must be true of it. */
interface Test {
  readonly key: string;
  readonly values: readonly string[];
  readonly operator: Operator | 'Null';
  readonly quantifier: Quantifier | undefined;
  readonly ifExists: boolean;
}

export type Condition = (context: RequestContext, fill: Fill) => boolean;

/** Reads a condition block; all of its tests must hold. @throws Error that names an operator which is not known */
export function readCondition(block: unknown): Condition {
  const tests = Object.entries(record(block) ?? {}).flatMap(([name, keys]) => {
    const operator = readOperator(name);
    return Object.entries(record(keys) ?? {}).map(([key, value]): Test => ({ ...operator, key, values: texts(value) }));
  });
  return (context, fill) => tests.every((test) => holds(test, context, fill));
}

/** A string, or several; `true` and `1` are taken for their texts. */
export function texts(value: unknown): string[] {
  return (Array.isArray(value) ? list(value) : [value]).map(String);
}

function readOperator(name: string): Omit<Test, 'key' | 'values'> {
  const [, quantifier, base = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  if (name === 'Null') return { operator: 'Null', quantifier: undefined, ifExists: false };
  const operator = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  if (operator === undefined) throw new Error(`The policy has the condition operator ${name}, which is not known`);
  return { operator, quantifier: quantifier as Quantifier | undefined, ifExists: ifExists !== undefined };
}

function holds({ key, values, operator, quantifier, ifExists }: Test, context: RequestContext, fill: Fill): boolean {
  const found = contextValues(context, key);
  if (operator === 'Null') return values.some((value) => (value.toLowerCase() === 'true') === (found === undefined));
  const { compare, isNegated } = operator;
  if (found === undefined) return ifExists || (quantifier === undefined ? isNegated : quantifier === 'ForAllValues');
  const wanted = values.map(fill).filter((filled) => filled !== undefined);
  const isRight = (one: string): boolean => wanted.some((filled) => compare(filled, one)) !== isNegated;
  // Without a quantifier there should be one value; of several a negated operator takes none that is named.
  const isForAll = quantifier === undefined ? isNegated : quantifier === 'ForAllValues';
  return isForAll ? found.every(isRight) : found.some(isRight);
}
