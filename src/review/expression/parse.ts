import { member } from '../json';
import type { Expression } from './expression';
import { Scanner } from './scanner';

/**
 * Reads a text of a synthesized file: each is a template, `…${expression}…`. One that is a single `${…}` is that
 * expression itself. What cannot be read comes back as `opaque`.
 * Source: the language's native syntax, https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export function parseTemplate(text: string): Expression {
  if (!text.includes('${') && !text.includes('%{')) return { kind: 'literal', value: text, text };
  try {
    const scanner = new Scanner(text);
    const parts = templateParts(scanner, '');
    const [only, ...others] = parts;
    return only !== undefined && others.length === 0 ? only : { kind: 'template', parts, text };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'opaque', text };
    throw error;
  }
}

/** @param end what ends it, a quotation mark; empty: the end of the text */
function templateParts(scanner: Scanner, end: '"' | ''): Expression[] {
  const parts: Expression[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') parts.push({ kind: 'literal', value: literal, text: literal });
    literal = '';
  };
  while (end === '' ? !scanner.atEnd : !scanner.startsWith(end)) {
    if (scanner.startsWith('$${') || scanner.startsWith('%%{')) {
      scanner.at += 1;
      literal += scanner.next() + scanner.next();
    } else if (scanner.startsWith('${')) {
      flush();
      scanner.at += 2;
      parts.push(conditional(scanner));
      scanner.expect('}');
    } else if (scanner.startsWith('%{')) {
      throw new SyntaxError('a directive');
    } else if (end !== '' && scanner.startsWith('\\')) {
      literal += unescape(scanner);
    } else {
      literal += scanner.next();
    }
  }
  flush();
  scanner.at += end.length;
  return parts;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescape(scanner: Scanner): string {
  const unicode = scanner.match(/\\u[0-9a-fA-F]{4}/y) ?? scanner.match(/\\U[0-9a-fA-F]{8}/y);
  if (unicode !== undefined) return String.fromCodePoint(Number.parseInt(unicode.slice(2), 16));
  scanner.next();
  const character = scanner.next();
  return ESCAPES[character] ?? character;
}

function conditional(scanner: Scanner): Expression {
  const start = startOf(scanner);
  const condition = operation(scanner, 0);
  if (!scanner.take('?')) return condition;
  const whenTrue = conditional(scanner);
  scanner.expect(':');
  return { kind: 'conditional', items: [condition, whenTrue, conditional(scanner)], text: textFrom(scanner, start) };
}

/** From loose to tight. */
const OPERATORS = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']];

function operation(scanner: Scanner, level: number): Expression {
  const operators = OPERATORS[level];
  if (operators === undefined) return unary(scanner);
  const start = startOf(scanner);
  let left = operation(scanner, level + 1);
  for (;;) {
    const operator = operators.find((one) => scanner.take(one));
    if (operator === undefined) return left;
    const items = [left, operation(scanner, level + 1)];
    left = { kind: 'operation', operator, items, text: textFrom(scanner, start) };
  }
}

function unary(scanner: Scanner): Expression {
  const start = startOf(scanner);
  const operator = ['!', '-'].find((one) => scanner.take(one));
  if (operator === undefined) return accesses(scanner);
  return { kind: 'operation', operator, items: [unary(scanner)], text: textFrom(scanner, start) };
}

function accesses(scanner: Scanner): Expression {
  const start = startOf(scanner);
  let object = primary(scanner);
  for (;;) {
    if (scanner.match(/\[\*\]|\.\*/y) !== undefined) {
      object = { kind: 'splat', object, text: textFrom(scanner, start) };
    } else if (scanner.match(/\[/y) !== undefined) {
      const key = conditional(scanner);
      scanner.expect(']');
      object = { kind: 'index', object, key, text: textFrom(scanner, start) };
    } else {
      const name = scanner.match(/\.[\w-]+/y);
      if (name === undefined) return object;
      object = { kind: 'attribute', object, name: name.slice(1), text: textFrom(scanner, start) };
    }
  }
}

const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

function primary(scanner: Scanner): Expression {
  const start = startOf(scanner);
  if (scanner.take('(')) {
    const inner = conditional(scanner);
    scanner.expect(')');
    return inner;
  }
  if (scanner.take('"')) return quoted(scanner, start);
  if (scanner.take('[')) return list(scanner, start);
  if (scanner.take('{')) return object(scanner, start);
  const number = scanner.match(/\d+(\.\d+)?([eE][+-]?\d+)?/y);
  if (number !== undefined) return { kind: 'literal', value: Number(number), text: number };
  const name = scanner.match(/[\p{L}_][\p{L}\p{N}_-]*/uy);
  if (name === undefined) throw new SyntaxError(`nothing to read at ${scanner.at}`);
  if (scanner.take('(')) return { kind: 'call', name, items: itemsUntil(scanner, ')'), text: textFrom(scanner, start) };
  const constant = member(CONSTANTS, name);
  return constant === undefined ? { kind: 'name', name, text: name } : { kind: 'literal', value: constant, text: name };
}

function quoted(scanner: Scanner, start: number): Expression {
  const parts = templateParts(scanner, '"');
  const text = textFrom(scanner, start);
  const [only, ...others] = parts;
  if (only === undefined) return { kind: 'literal', value: '', text };
  if (others.length === 0) return only.kind === 'literal' ? { ...only, text } : only;
  return { kind: 'template', parts, text };
}

function list(scanner: Scanner, start: number): Expression {
  if (isFor(scanner)) return comprehension(scanner, ']', start);
  return { kind: 'list', items: itemsUntil(scanner, ']'), text: textFrom(scanner, start) };
}

function itemsUntil(scanner: Scanner, end: string): Expression[] {
  const items: Expression[] = [];
  while (!scanner.take(end)) {
    items.push(conditional(scanner));
    scanner.take('...');
    if (!scanner.take(',')) {
      scanner.expect(end);
      break;
    }
  }
  return items;
}

function object(scanner: Scanner, start: number): Expression {
  if (isFor(scanner)) return comprehension(scanner, '}', start);
  const entries: [Expression, Expression][] = [];
  while (!scanner.take('}')) {
    const key = conditional(scanner);
    if (!scanner.take('=')) scanner.expect(':');
    entries.push([key, conditional(scanner)]);
    scanner.take(',');
  }
  return { kind: 'object', entries, text: textFrom(scanner, start) };
}

function isFor(scanner: Scanner): boolean {
  scanner.skipSpace();
  return /^for\s/.test(scanner.text.slice(scanner.at, scanner.at + 4));
}

/** Runs over `for …` to its bracket; brackets inside come in pairs, and those in quotes do not count. */
function comprehension(scanner: Scanner, end: string, start: number): Expression {
  for (;;) {
    scanner.skipSpace();
    if (scanner.take(end)) return { kind: 'opaque', text: textFrom(scanner, start) };
    if (scanner.take('"')) templateParts(scanner, '"');
    else if (scanner.take('[')) comprehension(scanner, ']', start);
    else if (scanner.take('{')) comprehension(scanner, '}', start);
    else scanner.next();
  }
}

function startOf(scanner: Scanner): number {
  scanner.skipSpace();
  return scanner.at;
}

function textFrom(scanner: Scanner, start: number): string {
  return scanner.text.slice(start, scanner.at);
}
