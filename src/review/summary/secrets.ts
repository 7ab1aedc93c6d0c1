import { parseTemplate } from '../expression/parse';
import { compareText, type Json, type JsonObject } from '../json';
import { show } from '../report/show';
import { hidden, type Leaf, leavesOf } from '../secret/leaves';
import { isSecretName } from '../secret/names';
import { carriersOf } from '../secret/mask';
import { type Use, usesOf } from '../secret/uses';
import { decode } from '../expression/decode';
import { type Stack, typeOf } from '../stack';
import type { Facts } from './facts';

/** Where each secret comes from: a variable, RDS, Secrets Manager, or the code itself. */
export function secrets(stack: Stack): Facts {
  const carriers = carriersOf(stack);
  return new Set([
    ...[...stack.variables].flatMap(([name, variable]) =>
      carriers.has(`var.${name}`) ? variableFacts(name, variable) : [],
    ),
    ...[...stack.resources].flatMap(([address, block]) => [
      ...managed(address, block),
      ...usesOf(decode(block)).map((use) => sentence(stack, address, use)),
    ]),
    ...[...stack.outputs].flatMap(([name, { value = null, sensitive }]) =>
      leavesThrough(stack, value).some((leaf) => isSecret(stack, carriers, leaf))
        ? [`output.${name}: tells a secret${sensitive === true ? ', marked sensitive' : ' IN CLEAR'}`]
        : [],
    ),
  ]);
}

function variableFacts(name: string, { default: value, sensitive, type }: JsonObject): string[] {
  const isText = type === 'string' || type === undefined;
  const hasDefault = value !== undefined && value !== null && value !== '';
  if (!isText) return [];
  return [
    ...(hasDefault ? [`var.${name}: DEFAULT IN CLEAR in the code`] : []),
    ...(sensitive === true ? [] : [`var.${name}: a secret that is NOT MARKED SENSITIVE`]),
  ];
}

function managed(address: string, { manage_master_user_password: value }: JsonObject): string[] {
  return value === undefined || value === null ? [] : [`${address}: RDS makes and keeps the password: ${show(value)}`];
}

function sentence(stack: Stack, address: string, { name, value, isPointer, when }: Use): string {
  const condition = when.length === 0 ? '' : ` when ${when.join(' and ')}`;
  const leaves = throughLocals(stack, leavesOf(value), new Set());
  if (!isPointer && leaves.some(({ kind }) => kind === 'text')) {
    return `${address}: ${name}: IN CLEAR in the code${condition}`;
  }
  const sources = [...new Set(leaves.flatMap((leaf) => (leaf.kind === 'reference' ? [leaf.reference.address] : [])))];
  const shown = isPointer ? value.text : hidden(value.text, value);
  const made =
    sources.length === 0 || sources.join() === shown ? '' : ` (of ${sources.toSorted(compareText).join(', ')})`;
  const inClear =
    typeOf(address) === 'aws_ecs_task_definition' && !isPointer ? ', in clear in the task definition' : '';
  return `${address}: ${name} from ${shown}${made}${inClear}${condition}`;
}

function leavesThrough(stack: Stack, value: Json): Leaf[] {
  return typeof value === 'string' ? throughLocals(stack, leavesOf(parseTemplate(value)), new Set()) : [];
}

/** The leaves, with those of locals in the place of locals. */
function throughLocals(stack: Stack, leaves: readonly Leaf[], seen: ReadonlySet<string>): Leaf[] {
  return leaves.flatMap((leaf) => {
    if (leaf.kind === 'text' || !leaf.reference.address.startsWith('local.')) return [leaf];
    const name = leaf.reference.address.slice('local.'.length);
    const local = stack.locals.get(name);
    if (seen.has(name) || typeof local !== 'string') return [];
    return throughLocals(stack, leavesOf(parseTemplate(local)), new Set([...seen, name]));
  });
}

function isSecret(stack: Stack, carriers: ReadonlySet<string>, leaf: Leaf): boolean {
  if (leaf.kind === 'text') return false;
  const { address, attribute = '' } = leaf.reference;
  if (!address.startsWith('var.')) return isSecretName(attribute);
  return carriers.has(address) || stack.variables.get(address.slice('var.'.length))?.sensitive === true;
}
