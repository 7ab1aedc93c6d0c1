import type { Json } from '../json';
import { evaluate, type Lookup } from '../expression/evaluate';
import type { Expression } from '../expression/expression';
import { parseTemplate } from '../expression/parse';
import type { Stack } from '../stack';
import { showBare } from '../report/show';

/** What a summary says of a stack, one sentence each. Those of two stacks are held against each other. */
export type Facts = ReadonlySet<string>;

/** A stack with the defaults of its variables: what it is where nobody sets anything else. */
export class Defaults {
  private readonly known = new Map<string, Json | undefined>();

  constructor(readonly stack: Stack) {}

  /** The value of an attribute, as far as defaults tell it. */
  value(value: Json | undefined): Json | undefined {
    return typeof value === 'string' ? this.evaluate(parseTemplate(value)) : value;
  }

  evaluate(expression: Expression): Json | undefined {
    return evaluate(expression, this.lookup);
  }

  /** The value as it is written, and behind it what it is: `var.vpc_cidr (10.0.0.0/16)`. */
  show(value: Json): string {
    const written = showBare(value);
    const known = this.value(value);
    if (known === undefined || known === null || known === value) return written;
    return `${written} (${showBare(known)})`;
  }

  private readonly lookup: Lookup = (address) => {
    if (this.known.has(address)) return this.known.get(address);
    this.known.set(address, undefined); // one that refers to itself
    const value = this.find(address);
    this.known.set(address, value);
    return value;
  };

  private find(address: string): Json | undefined {
    const [root, name = ''] = address.split('.');
    if (root === 'var') return this.stack.variables.get(name)?.default;
    const local = root === 'local' ? this.stack.locals.get(name) : undefined;
    return local === undefined ? undefined : this.value(local);
  }
}
