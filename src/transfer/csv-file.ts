import { isUtf8 } from 'node:buffer';
import { UserError } from '../errors';

/** How a CSV file is written, as COPY knows it. */
export interface CsvFormat {
  readonly hasHeader: boolean;
  /** One character of ASCII. */
  readonly delimiter: string;
  /** What stands for NULL. */
  readonly nullText: string;
  /** A name that PostgreSQL knows. */
  readonly encoding: string;
}

const [QUOTE, NEWLINE, RETURN, BACKSLASH, DOT] = [0x22, 0x0a, 0x0d, 0x5c, 0x2e];
/** A first record that is longer is no header. */
const MOST_HEADER_BYTES = 1 << 20;

/**
 * Looks at CSV as it goes by: counts its records as COPY does, keeps the first, and refuses what could not come through.
 * Quotes are doubled within quotes. A record may have several lines; line numbers begin with 1.
 */
export class CsvScanner {
  /** Records with an end; the header is one. */
  private ended = 0;
  private isQuoted = false;
  private line = 1;
  /** Place in the line. */
  private column = 0;
  /** How much of the line is `\\.` and nothing else. */
  private mark: 0 | 1 | 2 = 0;
  private afterReturn = false;
  private returns: 'records' | 'before newlines' | undefined;
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  /** Where the last quote was opened. */
  private quotedFrom = 0;
  private hasRest = false;
  private carry: Buffer = Buffer.alloc(0);

  /**
   * @param path for errors
   * @param checks what it must be; `counts`: it comes from the database, and is only counted
   */
  constructor(
    private readonly path: string,
    private readonly checks: 'UTF-8' | 'bytes' | 'counts',
  ) {}

  /** @throws UserError that names the line */
  readonly look = (chunk: Buffer): void => {
    if (this.checks === 'UTF-8') this.checkText(chunk);
    if (this.ended === 0 && this.checks !== 'counts') this.keepHead(chunk);
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.afterReturn) this.decideReturns(byte);
      if (byte === 0 && this.checks !== 'counts')
        throw this.wrong('has a NUL byte, which no text of PostgreSQL can hold');
      if (byte === QUOTE) {
        this.isQuoted = !this.isQuoted;
        if (this.isQuoted) this.quotedFrom = this.line;
      }
      if (byte === NEWLINE || (byte === RETURN && this.returns === 'records')) {
        this.endLine();
        continue;
      }
      if (byte === RETURN && !this.isQuoted && this.returns === undefined) this.afterReturn = true;
      this.hasRest = true;
      if (this.column === 0) this.mark = byte === BACKSLASH ? 1 : 0;
      else if (this.column === 1) this.mark = this.mark === 1 && byte === DOT ? 2 : 0;
      else if (byte !== RETURN) this.mark = 0;
      this.column += 1;
    }
  };

  /** @returns the number of records, the header apart or not @throws UserError when the last one has no end */
  end(): number {
    if (this.afterReturn) this.decideReturns(0);
    if (this.isQuoted) {
      throw new UserError(`${this.path}:${this.quotedFrom}: a quote is opened here and never closed`);
    }
    if (this.carry.length > 0) throw this.wrong('ends within a character: is it UTF-8? Say --encoding NAME');
    if (this.hasRest) this.endLine();
    return this.ended;
  }

  /** The first record, without its end. */
  get firstRecord(): Buffer {
    const head = Buffer.concat(this.head);
    let isQuoted = false;
    const end = head.findIndex((byte) => {
      if (byte === QUOTE) isQuoted = !isQuoted;
      return !isQuoted && (byte === NEWLINE || byte === RETURN);
    });
    return end < 0 ? head : head.subarray(0, end);
  }

  private endLine(): void {
    if (this.mark === 2 && this.checks !== 'counts') {
      // psql before version 18 looks for it even within quotes.
      throw this.wrong('is \\. alone, which psql takes for the end of the data');
    }
    this.line += 1;
    this.column = 0;
    this.mark = 0;
    this.hasRest = false;
    if (!this.isQuoted) this.ended += 1;
    else this.hasRest = true;
  }

  /** As COPY: the first end of a line decides whether a return alone is one. */
  private decideReturns(next: number): void {
    this.afterReturn = false;
    this.returns = next === NEWLINE ? 'before newlines' : 'records';
    if (this.returns === 'records') this.endLine();
  }

  private keepHead(part: Buffer): void {
    this.headBytes += part.length;
    if (this.headBytes > MOST_HEADER_BYTES) throw this.wrong('does not end: is this CSV?');
    this.head.push(Buffer.from(part));
  }

  private checkText(chunk: Buffer): void {
    const text = this.carry.length === 0 ? chunk : Buffer.concat([this.carry, chunk]);
    const whole = text.length - unfinished(text);
    if (!isUtf8(text.subarray(0, whole))) {
      this.line += linesBeforeBroken(text.subarray(0, whole));
      throw this.wrong('is not UTF-8. Say --encoding NAME, for example SJIS or LATIN1');
    }
    this.carry = Buffer.from(text.subarray(whole));
  }

  private wrong(what: string): UserError {
    return new UserError(`${this.path}:${this.line}: the line ${what}`);
  }
}

/** How many bytes at the end begin a character of UTF-8 that goes on. */
function unfinished(text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

/** How many whole lines stand before the first one that is not UTF-8. */
function linesBeforeBroken(text: Buffer): number {
  let lines = 0;
  for (let from = 0; ;) {
    const end = text.indexOf(NEWLINE, from);
    if (end < 0 || !isUtf8(text.subarray(from, end))) return lines;
    lines += 1;
    from = end + 1;
  }
}

/** The fields of a record. */
export function fieldsOf(record: string, delimiter: string): readonly string[] {
  const fields: string[] = [];
  let [field, isQuoted] = ['', false];
  for (let at = 0; at < record.length; at += 1) {
    const character = record[at] ?? '';
    if (character === '"') {
      if (isQuoted && record[at + 1] === '"') field += record[(at += 1)] ?? '';
      else isQuoted = !isQuoted;
    } else if (character === delimiter && !isQuoted) {
      fields.push(field);
      field = '';
    } else {
      field += character;
    }
  }
  return [...fields, field];
}
