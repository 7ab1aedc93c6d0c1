import { asList, canonical, compareText, isList, isObject, isSame, type Json, type JsonObject, member } from '../json';
import { isPolicyList, isSet } from '../provider/sets';

/** One value that is not what it was. `before` or `after` is missing where it was added or removed. */
export interface Difference {
  /** `ingress[0].from_port` */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** A place in a block: how it is printed, and by which names it is looked up. */
interface Place {
  readonly address: string;
  readonly printed: string;
  readonly names: string;
}

/** What changed between two values of one element, in the order of its keys. Null is the same as absent. */
export function differences(address: string, before: Json | undefined, after: Json | undefined): Difference[] {
  return compare({ address, printed: '', names: '' }, absentIfNull(before), absentIfNull(after));
}

function compare(place: Place, before: Json | undefined, after: Json | undefined): Difference[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return after === undefined ? [] : [{ path: place.printed, after }];
  if (after === undefined) return [{ path: place.printed, before }];
  if (isSame(before, after)) return [];
  if (isObject(before) && isObject(after)) return compareObjects(place, before, after);
  // A block by itself is a list of one, as a single action is in a policy.
  const areLists =
    (isList(before) && isList(after)) ||
    isBlockInList(before, after) ||
    isBlockInList(after, before) ||
    isPolicyList(place.names);
  if (!areLists) return [{ path: place.printed, before, after }];
  const lists = [asList(before), asList(after)] as const;
  return isSet(place.address, place.names) ? compareSets(place, ...lists) : compareLists(place, ...lists);
}

function compareObjects(place: Place, before: JsonObject, after: JsonObject): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted(compareText);
  return keys.flatMap((key) =>
    compare(inside(place, key), absentIfNull(member(before, key)), absentIfNull(member(after, key))),
  );
}

/** Elements that only one side has. A pair that is left over is one that changed. */
function compareSets(place: Place, before: readonly Json[], after: readonly Json[]): Difference[] {
  const removed = without(before, after);
  const added = without(after, before);
  const [gone] = removed;
  const [come] = added;
  if (removed.length === 1 && added.length === 1 && isObject(gone) && isObject(come)) {
    return compareObjects(at(place, String(after.findIndex((one) => isSame(one, come)))), gone, come);
  }
  return [
    ...inOrder(removed).map((value) => ({ path: place.printed, before: value })),
    ...inOrder(added).map((value) => ({ path: place.printed, after: value })),
  ];
}

function compareLists(place: Place, before: readonly Json[], after: readonly Json[]): Difference[] {
  const names = [before, after].map(namesOf);
  const [old, young] = names;
  if (old !== undefined && young !== undefined) return compareNamed(place, [before, old], [after, young]);
  let start = 0;
  while (start < before.length && start < after.length && sameAt(before, after, start, start)) start += 1;
  let [end, endAfter] = [before.length, after.length];
  while (end > start && endAfter > start && sameAt(before, after, end - 1, endAfter - 1)) {
    end -= 1;
    endAfter -= 1;
  }
  const length = Math.max(end, endAfter) - start;
  return Array.from({ length }, (_, offset) => start + offset).flatMap((index) =>
    compare(
      at(place, String(index)),
      index < end ? before[index] : undefined,
      index < endAfter ? after[index] : undefined,
    ),
  );
}

type Named = readonly [values: readonly Json[], names: readonly string[]];

/** Lists such as `environment`, whose elements have names: by them, and what moved is said once. */
function compareNamed(place: Place, [before, old]: Named, [after, young]: Named): Difference[] {
  const common = old.filter((name) => young.includes(name));
  const moved = common.join('\n') !== young.filter((name) => old.includes(name)).join('\n');
  return [
    ...[...old, ...young.filter((name) => !old.includes(name))].flatMap((name) =>
      compare(at(place, name), before[old.indexOf(name)], after[young.indexOf(name)]),
    ),
    ...(moved ? [{ path: `${place.printed} (order)`, before: [...old], after: [...young] }] : []),
  ];
}

/** The names of a list's elements, when all have one of their own. */
function namesOf(list: readonly Json[]): string[] | undefined {
  const names = list.map((one) => (isObject(one) ? one.name : undefined));
  const texts = names.filter((name) => typeof name === 'string');
  return texts.length === list.length && new Set(texts).size === texts.length && texts.length > 0 ? texts : undefined;
}

function without(list: readonly Json[], other: readonly Json[]): Json[] {
  const rest = [...other];
  return list.filter((one) => {
    const index = rest.findIndex((candidate) => isSame(one, candidate));
    if (index !== -1) rest.splice(index, 1);
    return index === -1;
  });
}

function inOrder(values: readonly Json[]): Json[] {
  return values.toSorted((a, b) => compareText(JSON.stringify(canonical(a)), JSON.stringify(canonical(b))));
}

function sameAt(before: readonly Json[], after: readonly Json[], i: number, j: number): boolean {
  return isSame(before[i] ?? null, after[j] ?? null);
}

function isBlockInList(block: Json, list: Json): boolean {
  return isObject(block) && isList(list) && list.every(isObject);
}

function absentIfNull(value: Json | undefined): Json | undefined {
  return value === null ? undefined : value;
}

function inside({ address, printed, names }: Place, key: string): Place {
  const join = (before: string, name: string): string => (before === '' ? name : `${before}.${name}`);
  return { address, printed: join(printed, key), names: join(names, key) };
}

function at({ address, printed, names }: Place, index: string): Place {
  return { address, printed: `${printed}[${index}]`, names };
}
