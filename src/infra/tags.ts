import { Fn, Token } from 'cdktf';

/** The common tags and a `Name`. */
export function withName(tags: Record<string, string>, name: string): Record<string, string> {
  return Token.asStringMap(Fn.merge([tags, { Name: name }]));
}
