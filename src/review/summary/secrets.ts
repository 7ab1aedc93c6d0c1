import { isList, isObject, type Json, type JsonObject } from '../json';
import type { Expression } from '../expression/expression';
import { partsOf } from '../expression/expression';
import { parseTemplate } from '../expression/parse';
import { referencesOf } from '../expression/references';
import { show } from '../report/show';
import { isInClear, isSecretName, withoutSecrets } from '../secret';
import { type Stack, typeOf } from '../stack';
import type { Facts } from './facts';

/** Where a secret is used, as what, and when. */
interface Use {
  readonly name: string;
  readonly value: string;
  /** Conditions on the way to it. */
  readonly when: readonly string[];
}

/** Where each secret comes from: a variable, RDS, Secrets Manager, or the code itself. */
export function secrets(stack: Stack): Facts {
  return new Set([
    ...[...stack.variables].flatMap(([name, variable]) => variableFacts(name, variable)),
    ...[...stack.resources].flatMap(([address, block]) => [
      ...managed(address, block),
      ...uses(block, '').map((use) => sentence(stack, address, use)),
    ]),
    ...[...stack.outputs].flatMap(([name, { value = null, sensitive }]) =>
      referencesInto(stack, value).some(([root, one]) => root === 'var' && stack.variables.get(one)?.sensitive === true)
        ? [`output.${name}: tells a sensitive variable${sensitive === true ? ', marked sensitive' : ' IN CLEAR'}`]
        : [],
    ),
  ]);
}

function variableFacts(name: string, { default: value, sensitive }: JsonObject): string[] {
  if (!isSecretName(name)) return [];
  return [
    ...(value === undefined || value === null || value === '' ? [] : [`var.${name}: DEFAULT IN CLEAR in the code`]),
    ...(sensitive === true ? [] : [`var.${name}: a secret that is NOT MARKED SENSITIVE`]),
  ];
}

function managed(address: string, { manage_master_user_password: value }: JsonObject): string[] {
  return value === undefined || value === null ? [] : [`${address}: RDS makes and keeps the password: ${show(value)}`];
}

function sentence(stack: Stack, address: string, { name, value, when }: Use): string {
  const condition = when.length === 0 ? '' : ` when ${when.join(' and ')}`;
  if (isInClear(value)) return `${address}: ${name}: IN CLEAR in the code${condition}`;
  const sources = [...new Set(referencesInto(stack, value).map((path) => path.join('.')))].toSorted();
  const shown = show(withoutSecrets(value, name));
  const more = sources.length === 1 && sources[0] === shown ? '' : ` (of ${sources.join(', ')})`;
  const inClear =
    typeOf(address) === 'aws_ecs_task_definition' &&
    sources.some((source) => source.startsWith('var.')) &&
    sources.length === 1
      ? ', in clear in the task definition'
      : '';
  return `${address}: ${name} from ${shown}${more}${inClear}${condition}`;
}

/** The variables, data sources and resources that a value is made of; locals are looked through. */
function referencesInto(
  stack: Stack,
  value: Json,
  seen: ReadonlySet<string> = new Set(),
): (readonly [string, string])[] {
  if (isList(value)) return value.flatMap((one) => referencesInto(stack, one, seen));
  if (isObject(value)) return Object.values(value).flatMap((one) => referencesInto(stack, one, seen));
  if (typeof value !== 'string') return [];
  return referencesOf(parseTemplate(value)).flatMap(({ address }) => {
    const [root = '', ...rest] = address.split('.');
    const name = rest.join('.');
    if (root !== 'local' || seen.has(name)) return root === 'local' ? [] : [[root, name] as const];
    return referencesInto(stack, stack.locals.get(name) ?? null, new Set([...seen, name]));
  });
}

/** Values whose names say that they are secret, in blocks and in the expressions in them. */
function uses(value: Json, key: string): Use[] {
  if (isList(value)) return value.flatMap((one) => uses(one, key));
  if (isObject(value)) {
    const name = typeof value.name === 'string' ? value.name : '';
    return Object.entries(value).flatMap(([inner, one]) => uses(one, keyOf(inner, name)));
  }
  if (typeof value !== 'string') return [];
  if (isSecretName(key) && value !== '') return [{ name: key, value, when: [] }];
  if (/^\s*[[{]/.test(value)) {
    const document = asJson(value);
    if (document !== undefined) return uses(document, key);
  }
  return value.includes('${') ? within(parseTemplate(value), []) : [];
}

function within(expression: Expression, when: readonly string[]): Use[] {
  if (expression.kind === 'conditional') {
    const [condition, whenTrue, whenFalse] = expression.items;
    return [...within(whenTrue, [...when, condition.text]), ...within(whenFalse, [...when, `not ${condition.text}`])];
  }
  if (expression.kind !== 'object') return partsOf(expression).flatMap((part) => within(part, when));
  const texts = new Map(
    expression.entries.map(([key, value]) => [
      key.kind === 'literal' ? String(key.value) : key.text,
      value.kind === 'literal' ? String(value.value) : '',
    ]),
  );
  return expression.entries.flatMap(([key, value]) => {
    const name = keyOf(key.kind === 'literal' ? String(key.value) : key.text, texts.get('name') ?? '');
    if (!isSecretName(name)) return within(value, when);
    return [{ name, value: value.kind === 'literal' ? String(value.value) : `\${${value.text}}`, when }];
  });
}

/** An entry of a list of settings has its name beside it. */
function keyOf(key: string, name: string): string {
  return /^(value|valueFrom)$/.test(key) && isSecretName(name) ? name : key;
}

function asJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // a text that begins like JSON
  }
}
