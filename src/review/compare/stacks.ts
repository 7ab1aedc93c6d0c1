import { decode } from '../expression/decode';
import { compareText, isObject, type Json, type JsonObject } from '../json';
import { forcesReplacement } from '../provider/replacement';
import type { Move, Stack } from '../stack';
import { consequences, type Consequence } from './consequences';
import { type Difference, differences } from './difference';
import { findRenames, type Rename, underNewNames } from './renames';

/** An element that is not what it was. */
export interface Change {
  /** As it is called now; when it is gone, as it was called. */
  readonly address: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly differences: readonly Difference[];
}

export interface ResourceChange extends Change {
  readonly rename: Rename | undefined;
  /** Attributes whose change destroys it and creates it again; empty: it is changed in place. */
  readonly forcedBy: readonly string[];
  /** Taken in by an `import` block, or left alone by a `removed` block. */
  readonly isAdoptedOrForgotten: boolean;
}

export interface Comparison {
  /** The base, under the addresses that its resources have now. */
  readonly base: Stack;
  readonly resources: readonly ResourceChange[];
  /** What is destroyed and created again although it stands there as it did. */
  readonly consequences: readonly Consequence[];
  readonly data: readonly Change[];
  readonly variables: readonly Change[];
  readonly locals: readonly Change[];
  readonly outputs: readonly Change[];
  readonly settings: readonly Change[];
  /** Blocks that speak of no resource that came, went or was renamed here. */
  readonly moved: { readonly added: readonly Move[]; readonly removed: readonly Move[] };
}

/** What changes from one stack to the other. Each list is in the order of addresses. */
export function compareStacks(base: Stack, head: Stack): Comparison {
  const renames = findRenames(base, head);
  const renamed = underNewNames(base, renames);
  const resources = compareResources(renamed, head, renames);
  const variables = compareElements(variablesOf(renamed), variablesOf(head));
  const locals = compareElements(prefixed('local.', renamed.locals), prefixed('local.', head.locals));
  const data = compareElements(renamed.data, head.data);
  return {
    base: renamed,
    resources,
    consequences: consequences(head, resources, [...variables, ...locals, ...data]),
    variables,
    locals,
    outputs: compareElements(prefixed('output.', renamed.outputs), prefixed('output.', head.outputs)),
    data,
    settings: compareElements(renamed.settings, head.settings),
    moved: compareMoves(base, head, resources),
  };
}

export function isUnchanged({ base: _base, moved, ...lists }: Comparison): boolean {
  return [...Object.values(lists), moved.added, moved.removed].every((list) => list.length === 0);
}

function compareElements(base: ReadonlyMap<string, Json>, head: ReadonlyMap<string, Json>): Change[] {
  return [...new Set([...base.keys(), ...head.keys()])].toSorted(compareText).flatMap((address): Change[] => {
    const [before, after] = [base.get(address), head.get(address)];
    if (after === undefined) return [{ address, kind: 'removed', differences: [] }];
    // What is added has a line for each attribute.
    const nothing = isObject(after) ? {} : null;
    const found = differences(address, decode(before ?? nothing), decode(after));
    if (before === undefined) return [{ address, kind: 'added', differences: found }];
    return found.length === 0 ? [] : [{ address, kind: 'changed', differences: found }];
  });
}

/** A variable with the default null may be left out; one without default may not. Elsewhere the two are the same. */
function variablesOf({ variables }: Stack): ReadonlyMap<string, Json> {
  const explicit = (block: JsonObject): JsonObject => (block.default === null ? { ...block, default: NULL } : block);
  return prefixed('var.', new Map([...variables].map(([name, block]) => [name, explicit(block)])));
}

/** Null, as an expression. */
const NULL = '${null}';

function prefixed(prefix: string, elements: ReadonlyMap<string, Json>): ReadonlyMap<string, Json> {
  return new Map([...elements].map(([name, value]) => [prefix + name, value]));
}

function compareResources(base: Stack, head: Stack, renames: readonly Rename[]): ResourceChange[] {
  const changes = new Map(compareElements(base.resources, head.resources).map((change) => [change.address, change]));
  for (const { to } of renames) {
    if (!changes.has(to)) changes.set(to, { address: to, kind: 'changed', differences: [] });
  }
  return [...changes.values()]
    .map((change) => ({
      ...change,
      rename: renames.find(({ to }) => to === change.address),
      forcedBy: change.kind === 'changed' ? forcing(change) : [],
      isAdoptedOrForgotten:
        (change.kind === 'added' && head.imported.has(change.address)) ||
        (change.kind === 'removed' && head.forgotten.has(change.address)),
    }))
    .toSorted((a, b) => compareText(a.address, b.address));
}

function forcing({ address, differences: found }: Change): string[] {
  const changed = [...new Set(found.map(({ path }) => topLevel(path)))];
  return changed.filter(
    (attribute) =>
      forcesReplacement(address, attribute) ||
      // Instances with keys have other addresses than those with numbers, or the one without; those two are one.
      (attribute === 'for_each' &&
        found.some(({ path, before, after }) => path === attribute && (before === undefined || after === undefined))),
  );
}

/** `ingress` of `ingress[0].from_port` */
export function topLevel(path: string): string {
  return path.split(/[.[ ]/, 1)[0] ?? path;
}

function compareMoves(base: Stack, head: Stack, resources: readonly ResourceChange[]): Comparison['moved'] {
  const spokenOf = new Set(
    resources.flatMap(({ address, kind, rename }) =>
      kind === 'changed' ? (rename === undefined ? [] : [rename.from, rename.to]) : [address],
    ),
  );
  const only = (one: Stack, other: Stack): Move[] =>
    one.moved
      .filter(({ from, to }) => !other.moved.some((move) => move.from === from && move.to === to))
      .filter(({ from, to }) => !spokenOf.has(from) && !spokenOf.has(to))
      .toSorted((a, b) => compareText(a.from, b.from));
  return { added: only(head, base), removed: only(base, head) };
}
