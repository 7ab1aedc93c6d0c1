import { Writable } from 'node:stream';
import { TransferError } from './error';

export interface ReportHooks {
  /** Gets what stands behind the nonce: the first word and the rest. */
  readonly onFact?: ((name: string, value: string) => void) | undefined;
  /** Makes another of each other line; `undefined` takes it out. Neither has its newline. */
  readonly onLine?: ((line: string) => string | undefined) | undefined;
}

/** A longer line is passed on before its end has come; one for us has no reason to be so long. */
const MOST_LINE_BYTES = 1 << 20;
/** Of different names; a program says less than ten. */
const MOST_FACTS = 100;

/** Takes the lines out of standard error that begin with the nonce; the rest goes on as it is. */
export class Report extends Writable {
  /** What stands behind the nonce, by its first word. */
  readonly facts = new Map<string, string>();
  private rest: Buffer = Buffer.alloc(0);
  /** The beginning of the line was passed on. */
  private isWithin = false;

  constructor(
    private readonly nonce: string,
    private readonly others: Writable,
    private readonly hooks: ReportHooks = {},
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let from = 0;
    const passed: Buffer[] = [];
    if (this.isWithin) {
      const end = bytes.indexOf(0x0a);
      this.isWithin = end < 0;
      from = end < 0 ? bytes.length : end + 1;
      passed.push(bytes.subarray(0, from));
    }
    for (let end = bytes.indexOf(0x0a, from); end >= 0; end = bytes.indexOf(0x0a, from)) {
      const line = bytes.subarray(from, end + 1);
      const text = this.take(line);
      if (text !== undefined) passed.push(text);
      from = end + 1;
    }
    this.rest = Buffer.from(bytes.subarray(from));
    if (this.rest.length > MOST_LINE_BYTES) {
      if (this.rest.indexOf(`${this.nonce} `) === 0) {
        done(new TransferError('A line that the task sends has no end'));
        return;
      }
      this.isWithin = true;
      passed.push(this.rest);
      this.rest = Buffer.alloc(0);
    }
    if (this.facts.size > MOST_FACTS) {
      done(new TransferError('The task says more than there is to know'));
      return;
    }
    if (passed.length > 0) this.others.write(Buffer.concat(passed), done);
    else done();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.rest.length > 0) this.others.write(this.rest, done);
    else done();
  }

  /** What is left of a line for the others. */
  private take(line: Buffer): Buffer | undefined {
    const text = line.toString('utf8').trimEnd();
    if (!text.startsWith(`${this.nonce} `)) {
      const other = this.hooks.onLine === undefined ? text : this.hooks.onLine(text);
      if (other === undefined) return undefined;
      return other === text ? line : Buffer.from(`${other}\n`);
    }
    const [name = '', ...words] = text.slice(this.nonce.length + 1).split(' ');
    this.facts.set(name, words.join(' '));
    this.hooks.onFact?.(name, words.join(' '));
    return undefined;
  }
}
