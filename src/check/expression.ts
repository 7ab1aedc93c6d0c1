import { ProtocolError } from '../errors';
import { endOfTemplate, type Token, tokenize } from './scanner';
import { call } from './functions';
import { isUnknown, OneOf, textOf, unknown, type Value } from './value';

/** What a reference such as `var.name` stands for; undefined: only a plan knows. */
export type Resolve = (reference: string) => Value | undefined;

/**
 * A text of Terraform's JSON syntax, with its templates. The language of expressions is read as far as the library
 * writes it (https://developer.hashicorp.com/terraform/language/expressions): what is made of literals, `jsonencode`,
 * `concat`, `merge` and conditions has a value, the rest is unknown.
 * @throws ProtocolError for what is no template
 */
export function evaluateTemplate(text: string, resolve: Resolve): Value {
  let joined = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      joined += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = endOfTemplate(text, at + 2);
      const value = new Parser(text.slice(at + 2, end), resolve).whole();
      if (at === 0 && end === text.length - 1) return value; // not text but the value itself
      joined += isPlain(value) ? textOf(value) : unknown(text.slice(at + 2, end));
      at = end + 1;
    } else {
      joined += text[at] ?? '';
      at += 1;
    }
  }
  return joined;
}

const LITERALS = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly resolve: Resolve,
  ) {
    this.tokens = tokenize(source);
  }

  whole(): Value {
    const value = this.expression();
    if (this.peek().kind !== 'end') this.fail('the end');
    return value;
  }

  private expression(): Value {
    let value = this.operand();
    // Whatever comes of an operation, its value is not known from here.
    while (['==', '!=', '<=', '>=', '<', '>', '&&', '||', '+', '-', '*', '/', '%'].some((sign) => this.skip(sign))) {
      this.operand();
      value = unknown(this.source);
    }
    if (!this.skip('?')) return value;
    const whenTrue = this.expression();
    this.expect(':');
    const whenFalse = this.expression();
    // Also when the default of a variable decides: somebody may set another.
    return new OneOf([whenTrue, whenFalse]);
  }

  private operand(): Value {
    if (this.skip('!') || this.skip('-')) {
      this.operand();
      return unknown(this.source);
    }
    const token = this.peek();
    if (token.kind === 'name' && !LITERALS.has(token.text)) return this.named(this.take().text);
    const value = this.primary();
    // An element or attribute of what stands there.
    return this.traversal() === '' ? value : unknown(this.source);
  }

  private primary(): Value {
    if (this.skip('(')) {
      const value = this.expression();
      this.expect(')');
      return value;
    }
    if (this.skip('[')) return this.isLoop() ? this.loop(']') : this.list(']');
    if (this.skip('{')) return this.isLoop() ? this.loop('}') : this.object();
    const token = this.take();
    if (token.kind === 'string') return evaluateTemplate(unescape(token.text), this.resolve);
    if (token.kind === 'number') return Number(token.text);
    const literal = LITERALS.get(token.text);
    return literal === undefined ? this.fail('a value') : literal;
  }

  private named(name: string): Value {
    if (this.skip('(')) {
      const value = call(name, this.list(')'));
      return this.traversal() === '' ? value : unknown(this.source);
    }
    const reference = `${name}${this.traversal()}`;
    return this.resolve(reference) ?? unknown(reference);
  }

  /** `.name`, `[0]`, `[*]`, and so on, as far as they go. */
  private traversal(): string {
    let path = '';
    for (;;) {
      if (this.skip('.')) path += `.${this.take().text}`;
      else if (this.skip('[')) {
        path += `[${this.skip('*') ? '*' : textOf(this.expression())}]`;
        this.expect(']');
      } else return path;
    }
  }

  /** What a `for` makes is not known from here. */
  private loop(end: ']' | '}'): Value {
    let depth = 1;
    while (depth > 0) {
      const { kind, text } = this.take();
      if (kind === 'end') this.fail(end);
      if (kind === 'sign') depth += '[{('.includes(text) ? 1 : ']})'.includes(text) ? -1 : 0;
    }
    return unknown(this.source);
  }

  private list(end: ')' | ']'): readonly Value[] {
    const values: Value[] = [];
    while (!this.skip(end)) {
      values.push(this.expression());
      if (!this.skip(',') && this.peek().text !== end) this.fail(end);
    }
    return values;
  }

  private object(): Value {
    const fields: Record<string, Value> = {};
    while (!this.skip('}')) {
      const key = this.take().text;
      if (!this.skip('=')) this.expect(':');
      fields[key] = this.expression();
      if (!this.skip(',') && this.peek().text !== '}') this.fail('}');
    }
    return fields;
  }

  private isLoop(): boolean {
    const { kind, text } = this.peek();
    return kind === 'name' && text === 'for';
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { kind: 'end', text: '' };
  }

  private take(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  private skip(sign: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.at += 1;
    return true;
  }

  private expect(sign: string): void {
    if (!this.skip(sign)) this.fail(sign);
  }

  private fail(expected: string): never {
    throw new ProtocolError(
      `the expression ${this.source} has ${JSON.stringify(this.peek().text)}, expected ${expected}`,
    );
  }
}

/** What can be part of a longer text. */
function isPlain(value: Value): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) && !isUnknown(value);
}

function unescape(text: string): string {
  return text.replaceAll(/\\(["\\nt])/g, (_, escaped: string) => ({ n: '\n', t: '\t' })[escaped] ?? escaped);
}
