import { isList, isObject, type Json } from './json';

const SECRET_NAME = /password|passwd|secret|token|credential|private_?key|api_?key|access_?key/i;
/** Names that speak of a secret and hold none: where it lies, or whether there is one. */
const ABOUT = /arn|_id$|_id\b|^manage_|version|name$|valuefrom|interval|rotation|recovery|kms/i;

export const HIDDEN = '(hidden)';

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !ABOUT.test(name);
}

/** Whether a value, or a part of it, stands in the code itself, rather than being referred to. */
export function isInClear(value: Json): boolean {
  return typeof value === 'string' && hide(value) !== value;
}

/**
 * The value without secrets that stand in it in clear: none may come into a log or a comment.
 * @param path where it stands; `environment[PGPASSWORD].value` is as secret as `master_password`
 */
export function withoutSecrets(value: Json, path: string): Json {
  const names = path.split(/[.[\]]+/).filter((name) => name !== '' && !/^\d+$/.test(name));
  const last = names.at(-1) ?? '';
  const key = last.toLowerCase() === 'value' || last === 'default' ? (names.at(-2) ?? '') : last;
  return within(value, key);
}

function within(value: Json, key: string): Json {
  if (isList(value)) return value.map((one) => within(one, key));
  if (!isObject(value)) return typeof value === 'string' && isSecretName(key) ? hide(value) : value;
  const { name } = value;
  return Object.fromEntries(
    Object.entries(value).map(([inner, one]) => [
      inner,
      within(one, inner.toLowerCase() === 'value' && typeof name === 'string' ? name : inner),
    ]),
  );
}

/** A text that is an expression keeps what it refers to, and loses the texts in it. */
function hide(value: string): string {
  if (value === '') return value;
  if (!/^\$\{.*\}$/s.test(value)) return HIDDEN;
  return value.replaceAll(/"(?:[^"\\]|\\.)+"/g, `"${HIDDEN}"`);
}
