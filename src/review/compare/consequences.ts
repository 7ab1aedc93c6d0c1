import { compareText, isList, isObject, type Json } from '../json';
import { parseTemplate } from '../expression/parse';
import { type Reference, referencesOf } from '../expression/references';
import { forcesReplacement } from '../provider/replacement';
import type { Stack } from '../stack';
import type { Change, ResourceChange } from './stacks';

/** A resource that is destroyed and created again because something that it refers to is another. */
export interface Consequence {
  readonly address: string;
  readonly attribute: string;
  /** What the attribute refers to: `aws_vpc.main`, `var.vpc_cidr`. */
  readonly cause: string;
}

/** Addresses, and attributes as `aws_vpc.main#cidr_block`, that are no longer what they were. */
interface Changed {
  readonly values: Set<string>;
  /** Their ids, and all else that AWS gives them, are others. */
  readonly replaced: Set<string>;
}

/**
 * Follows references from what changed: through locals, data sources and attributes, until nothing more is reached.
 * An attribute of a replaced resource stays known when the stack itself sets it, as names are.
 */
export function consequences(
  head: Stack,
  resources: readonly ResourceChange[],
  others: readonly Change[],
): Consequence[] {
  const changed = startingFrom(head, resources, others);
  const found: Consequence[] = [];
  for (let before = -1; before < changed.values.size + changed.replaced.size;) {
    before = changed.values.size + changed.replaced.size;
    for (const [name, value] of head.locals) spread(head, changed, `local.${name}`, value);
    for (const [address, block] of head.data) spread(head, changed, address, block);
    for (const [address, block] of head.resources) {
      for (const [attribute, value] of Object.entries(block)) {
        if (attribute === 'depends_on') continue;
        const cause = spread(head, changed, `${address}#${attribute}`, value);
        if (cause === undefined || changed.replaced.has(address) || !forcesReplacement(address, attribute)) continue;
        changed.replaced.add(address);
        found.push({ address, attribute, cause });
      }
    }
  }
  return found.toSorted((a, b) => compareText(a.address, b.address));
}

/** The attributes that a variable or local reaches, by itself or through locals, as `aws_vpc.main.cidr_block`. */
export function reachOf(head: Stack, address: string): string[] {
  const changed: Changed = { values: new Set([address]), replaced: new Set() };
  for (let before = 0; before < changed.values.size;) {
    before = changed.values.size;
    for (const [name, value] of head.locals) spread(head, changed, `local.${name}`, value);
  }
  return [...head.resources]
    .flatMap(([resource, block]) =>
      Object.entries(block)
        .filter(([, value]) => references(value).some((reference) => isChanged(head, changed, reference)))
        .map(([attribute]) => `${resource}.${attribute}`),
    )
    .toSorted(compareText);
}

function startingFrom(head: Stack, resources: readonly ResourceChange[], others: readonly Change[]): Changed {
  const values = new Set<string>();
  const replaced = new Set<string>();
  for (const { address, differences, kind, rename, forcedBy } of resources) {
    for (const { path } of differences) values.add(`${address}#${path.split(/[.[ ]/, 1)[0] ?? path}`);
    if (kind === 'added' || forcedBy.length > 0 || rename?.isMoved === false) replaced.add(address);
  }
  for (const { address, differences } of others) {
    // A description of a variable says nothing of its value.
    if (!address.startsWith('var.') || differences.some(({ path }) => /^default\b/.test(path))) values.add(address);
  }
  return { values, replaced };
}

/** Marks `address` when its value refers to something that changed. @returns what that is */
function spread(head: Stack, changed: Changed, address: string, value: Json): string | undefined {
  const cause = references(value).find((reference) => isChanged(head, changed, reference));
  if (cause !== undefined) changed.values.add(address);
  return cause?.address;
}

function isChanged(head: Stack, { values, replaced }: Changed, { address, attribute }: Reference): boolean {
  if (values.has(address) || (attribute !== undefined && values.has(`${address}#${attribute}`))) return true;
  const isSet = attribute !== undefined && head.resources.get(address)?.[attribute] !== undefined;
  return replaced.has(address) && !isSet;
}

/** All that a value refers to, whatever its form. */
export function references(value: Json): Reference[] {
  if (isList(value)) return value.flatMap(references);
  if (isObject(value)) return Object.values(value).flatMap(references);
  return typeof value === 'string' && value.includes('${') ? referencesOf(parseTemplate(value)) : [];
}
