import { parseTemplate } from '../expression/parse';
import { canonical, isList, isObject, type Json } from '../json';

/** A value in one line, as Terraform would write it: expressions bare, text in quotation marks. */
export function show(value: Json): string {
  return oneLine(written(canonical(value)));
}

function written(value: Json): string {
  if (isList(value)) return `[${value.map(written).join(', ')}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${written(inner)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  // A text that is one expression reads as that expression.
  const { text } = parseTemplate(value);
  return text === value ? `"${value}"` : text;
}

/** A text without its quotation marks, where nothing can be mistaken for anything else. */
export function showBare(value: Json): string {
  return typeof value === 'string' && parseTemplate(value).text === value ? oneLine(value) : show(value);
}

/** No control character of a change reaches a reader's terminal, and nothing that is not seen or turns the text round. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{DI}\u2028\u2029]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    return SHORT[character] ?? `\\u${code}`;
  });
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** The longest that a line shows of a value. */
const MOST = 200;

export function shortened(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

const LONG = 100;
const AROUND = 30;

/** Two values; of long ones what differs and a little around it. */
export function showBoth(before: Json, after: Json): readonly [string, string] {
  const [old, young] = [show(before), show(after)];
  if (old.length <= LONG && young.length <= LONG) return [old, young];
  let start = 0;
  while (start < old.length && old[start] === young[start]) start += 1;
  let end = 0;
  const most = Math.min(old.length, young.length) - start;
  while (end < most && old.at(-1 - end) === young.at(-1 - end)) end += 1;
  return [around(old, start, end), around(young, start, end)];
}

function around(text: string, start: number, end: number): string {
  const from = Math.max(0, start - AROUND);
  const to = Math.min(text.length, text.length - end + AROUND);
  return shortened(`${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`);
}
