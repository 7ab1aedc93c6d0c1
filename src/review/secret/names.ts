const SECRET = /password|passwd|secret|token|credential|private_?key|api_?key|access_?key/i;
/** Names that speak of a secret and hold none: where it lies, how it is kept, lists of where they lie. */
const ABOUT = /arn|_id$|^manage_|version|name$|interval|rotation|recovery|kms|secrets$/i;

export function isSecretName(name: string): boolean {
  return SECRET.test(name) && !ABOUT.test(name);
}

/** What a value is called: an entry of a list of settings has its name beside it. */
export function nameOf(key: string, sibling: string): string {
  return /^value(From)?$/.test(key) && isSecretName(sibling) ? sibling : key;
}
