import { parseTemplate } from '../expression/parse';
import { isList, isObject, type Json } from '../json';
import type { Stack } from '../stack';
import { HIDDEN, hidden, hiddenText, leavesOf } from './leaves';
import { isSecretName, nameOf } from './names';
import { usesOf } from './uses';

/**
 * The value without secrets that stand in it in clear: none may come into a log or a comment.
 * @param path where it stands; `environment[PGPASSWORD].value` is as secret as `master_password`
 */
export function masked(value: Json, path: string): Json {
  const names = path.split(/[.[\]]+/).filter((name) => name !== '' && !/^\d+$/.test(name));
  const last = names.at(-1) ?? '';
  return within(value, nameOf(last, names.at(-2) ?? ''));
}

/** The value of something that is secret whatever its name, such as a sensitive variable. */
export function allMasked(value: Json): Json {
  if (isList(value)) return value.map(allMasked);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, allMasked(one)]));
  return typeof value === 'string' ? hiddenText(value) : typeof value === 'number' ? HIDDEN : value;
}

/** Variables and locals, `var.x`, that hold a secret: by their names, or because one is made of them. */
export function carriersOf({ resources, variables, locals }: Stack): ReadonlySet<string> {
  const uses = [...resources.values()].flatMap((block) => usesOf(block)).filter(({ isPointer }) => !isPointer);
  const found = new Set([
    ...[...variables.keys()].filter(isSecretName).map((name) => `var.${name}`),
    ...uses
      .flatMap(({ value }) => leavesOf(value))
      .flatMap((leaf) => (leaf.kind === 'reference' ? [leaf.reference.address] : [])),
  ]);
  // A set gives also what is added while it is walked over.
  for (const address of found) {
    const local = address.startsWith('local.') ? locals.get(address.slice('local.'.length)) : undefined;
    if (typeof local !== 'string') continue;
    for (const leaf of leavesOf(parseTemplate(local))) if (leaf.kind === 'reference') found.add(leaf.reference.address);
  }
  return found;
}

function within(value: Json, key: string): Json {
  if (isList(value)) return value.map((one) => within(one, key));
  if (isObject(value)) {
    const sibling = typeof value.name === 'string' ? value.name : '';
    return Object.fromEntries(
      Object.entries(value).map(([inner, one]) => [
        inner,
        inner === 'valueFrom' ? one : within(one, nameOf(inner, sibling)),
      ]),
    );
  }
  if (typeof value !== 'string') return value;
  if (isSecretName(key)) return hiddenText(value);
  return usesOf(value)
    .filter(({ isPointer }) => !isPointer)
    .reduce((text, use) => hidden(text, use.value), value);
}
