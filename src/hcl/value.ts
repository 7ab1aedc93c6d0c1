import { isList, isObject, type Json } from '../review/json';
import { layOut } from './layout';
import { partsOf } from './scan';

/**
 * A value of a `.tf.json` in native syntax. Texts are templates, as in JSON: `${a.b}` alone is the expression `a.b`.
 * Source: JSON Configuration Syntax, "Expression Mapping".
 */
export function valueOf(json: Json): string {
  if (typeof json === 'string') return templateOf(json);
  return structureOf(json, valueOf);
}

/** The same where Terraform evaluates nothing, such as the default of a variable: `${` stands for itself. */
export function constantOf(json: Json): string {
  if (typeof json === 'string') return quote(json.replaceAll(/[$%]\{/g, (begin) => begin.charAt(0) + begin));
  return structureOf(json, constantOf);
}

/** References and types, which stand in JSON as text and natively bare: `depends_on`, `moved`, `type`. */
export function bareOf(json: Json): string {
  if (typeof json === 'string') return json.replace(/^\$\{(.*)\}$/s, '$1');
  return structureOf(json, bareOf);
}

/** Text of lines, each ended: as a heredoc, which shows them; undefined where quotes are needed. */
export function heredocOf(json: Json): string | undefined {
  if (typeof json !== 'string' || !/\n[^]*\n$/.test(json) || /^\s*EOT\s*$|\r/m.test(json)) return undefined;
  return `<<EOT\n${json}EOT`;
}

function structureOf(json: Json, inner: (json: Json) => string): string {
  if (isList(json)) {
    const items = json.map(inner);
    const flat = `[${items.join(', ')}]`;
    return flat.length <= 80 && !json.some(isObject) ? flat : `[\n${items.map((item) => `${item},\n`).join('')}]`;
  }
  if (!isObject(json)) return JSON.stringify(json);
  const entries = Object.entries(json).map(([key, value]) => `${keyOf(key)} = ${inner(value)}\n`);
  return entries.length === 0 ? '{}' : `{\n${entries.join('')}}`;
}

function keyOf(key: string): string {
  if (/^[A-Za-z_][\w-]*$/.test(key)) return key;
  const written = templateOf(key);
  return written.startsWith('"') ? written : `(${written})`;
}

function templateOf(text: string): string {
  const parts = partsOf(text);
  const [first] = parts;
  // `${~ … ~}` strips what is around it, which a bare expression cannot say.
  if (parts.length === 1 && first?.kind === 'interpolation' && /^\$\{[^~][^]*[^~]\}$/.test(first.text)) {
    return layOut(first.text.slice(2, -1).trim());
  }
  return `"${parts.map((part) => (part.kind === 'literal' ? escape(part.text) : part.text)).join('')}"`;
}

function quote(text: string): string {
  return `"${escape(text)}"`;
}

/** Native quoted text knows the escapes `\n \r \t \" \\ \uNNNN`. */
function escape(text: string): string {
  return text.replaceAll(/["\\]/g, '\\$&').replaceAll(/[^\P{Cc}]/gu, (control) => {
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[control];
    return named ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
