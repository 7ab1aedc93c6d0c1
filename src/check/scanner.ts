import { ProtocolError } from '../errors';

export type Token =
  | { readonly kind: 'name' | 'number' | 'sign'; readonly text: string }
  /** A string with its templates as they stand between the quotes. */
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'end'; readonly text: '' };

const SIGNS = ['...', '==', '!=', '<=', '>=', '&&', '||', '=>', ...Array.from('?:,.()[]{}=<>!+-*/%')];

/** Cuts the text of a Terraform expression into tokens. @throws ProtocolError for what is none */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at);
    const blank = /^\s+/.exec(rest)?.[0];
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const token = nextToken(rest);
    tokens.push(token);
    at += token.kind === 'string' ? token.text.length + 2 : token.text.length;
  }
  return [...tokens, { kind: 'end', text: '' }];
}

function nextToken(rest: string): Token {
  if (rest.startsWith('"')) return { kind: 'string', text: rest.slice(1, endOfString(rest)) };
  const name = /^[A-Za-z_][\w-]*/.exec(rest)?.[0];
  if (name !== undefined) return { kind: 'name', text: name };
  const number = /^\d+(\.\d+)?/.exec(rest)?.[0];
  if (number !== undefined) return { kind: 'number', text: number };
  const sign = SIGNS.find((one) => rest.startsWith(one));
  if (sign !== undefined) return { kind: 'sign', text: sign };
  throw new ProtocolError(`an expression has ${JSON.stringify(rest.slice(0, 20))}, expected a token`);
}

/** Index of the closing quote; within a template there may be quotes too. */
function endOfString(text: string): number {
  let at = 1;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') at += 2;
    else if (text.startsWith('${', at)) at = endOfTemplate(text, at + 2) + 1;
    else at += 1;
  }
  if (at < text.length) return at;
  throw new ProtocolError('a string in an expression has no end');
}

/** Index of the brace that ends the template whose expression begins at `from`. @throws ProtocolError */
export function endOfTemplate(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '"') at += endOfString(text.slice(at));
    else if (text[at] === '{') depth += 1;
    else if (text[at] === '}' && depth-- === 0) return at;
  }
  throw new ProtocolError('a template has no end');
}
