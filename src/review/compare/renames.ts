import { compareText, isList, isObject, isSame, type Json, type JsonObject } from '../json';
import { type Stack, typeOf } from '../stack';

export interface Rename {
  readonly from: string;
  readonly to: string;
  /** Whether a `moved` block takes the real thing along; without one it is destroyed and created again. */
  readonly isMoved: boolean;
}

/**
 * Resources that go by another address now: those that a `moved` block names, and those of which one of the same
 * type with the same content is gone.
 */
export function findRenames(base: Stack, head: Stack): readonly Rename[] {
  const moved = [...base.resources.keys()].filter(isGone(head)).flatMap((from) => {
    const to = followMoves(from, head);
    return to !== undefined && !base.resources.has(to) ? [{ from, to, isMoved: true }] : [];
  });
  const unmoved = twins(base, head, moved);
  return [...moved, ...unmoved].toSorted((a, b) => compareText(a.to, b.to));
}

/** A twin may name another in what it refers to, so what was found is looked through again until no more is found. */
function twins(base: Stack, head: Stack, moved: readonly Rename[]): Rename[] {
  const names = new Map(moved.map(({ from, to }) => [from, to]));
  const taken = new Set(names.values());
  const found: Rename[] = [];
  const gone = [...base.resources.keys()].filter(isGone(head)).toSorted(compareText);
  const come = [...head.resources.keys()].filter(isGone(base)).toSorted(compareText);
  for (let before = -1; before < found.length;) {
    before = found.length;
    for (const from of gone.filter((one) => !names.has(one))) {
      const to = come.find((candidate) => !taken.has(candidate) && isTwin(base, head, names, from, candidate));
      if (to === undefined) continue;
      names.set(from, to);
      taken.add(to);
      found.push({ from, to, isMoved: false });
    }
  }
  return found;
}

/** The stack under the new addresses, so that a new name alone is no change. */
export function underNewNames(stack: Stack, renames: readonly Rename[]): Stack {
  const names = new Map(renames.map(({ from, to }) => [from, to]));
  const each = <T extends Json>(of: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...of].map(([name, value]) => [names.get(name) ?? name, renamed(value, names) as T]));
  return {
    ...stack,
    resources: each(stack.resources),
    data: each(stack.data),
    locals: each(stack.locals),
    outputs: each(stack.outputs),
  };
}

/** The value with the new addresses in its expressions, so that a new name alone is no change. */
function renamed(value: Json, names: ReadonlyMap<string, string>): Json {
  if (names.size === 0) return value;
  const pattern = new RegExp(`(?<![\\w.-])(?:${[...names.keys()].map(escape).join('|')})(?![\\w-])`, 'g');
  const walk = (one: Json): Json => {
    if (typeof one === 'string') return one.replace(pattern, (found) => names.get(found) ?? found);
    if (isList(one)) return one.map(walk);
    return isObject(one) ? Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)])) : one;
  };
  return walk(value);
}

function isGone(other: Stack): (address: string) => boolean {
  return (address) => !other.resources.has(address);
}

/** Where `moved` blocks lead to; several may follow each other. */
function followMoves(from: string, { moved, resources }: Stack): string | undefined {
  const seen = new Set([from]);
  let at = from;
  for (;;) {
    const next = moved.find((move) => move.from === at && !seen.has(move.to))?.to;
    if (next === undefined) return resources.has(at) && at !== from ? at : undefined;
    seen.add(next);
    at = next;
  }
}

function isTwin(base: Stack, head: Stack, names: ReadonlyMap<string, string>, from: string, to: string): boolean {
  if (typeOf(from) !== typeOf(to)) return false;
  const before: JsonObject = base.resources.get(from) ?? {};
  return isSame(renamed(before, new Map([...names, [from, to]])), head.resources.get(to) ?? {});
}

function escape(text: string): string {
  return text.replaceAll('.', '\\.');
}
