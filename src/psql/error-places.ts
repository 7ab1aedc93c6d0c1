import { Writable } from 'node:stream';
import type { Place } from './line-map';

const NEWLINE = 0x0a;
/** A longer line is passed on before its end has come. */
const MOST_LINE_BYTES = 1 << 20;

export interface ErrorPlaces {
  readonly nonce: string;
  /** The user's line for a line of the script by its number; `undefined`: it has no name, as with `-c`. */
  readonly placeOf: (script: number, line: number) => Place | undefined;
  /** What a line that begins with the nonce says. */
  readonly onFact: (fact: string) => void;
}

/** Says in psql's messages which of the user's files and lines they are about. */
export class PlacedErrors extends Writable {
  private rest: Buffer = Buffer.alloc(0);
  /** The beginning of the line was passed on. */
  private isWithin = false;
  private readonly prefix: RegExp;

  constructor(
    private readonly to: Writable,
    private readonly places: ErrorPlaces,
  ) {
    super();
    this.prefix = new RegExp(`^psql:${places.nonce}\\.(\\d+):(\\d+): `);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.rest = Buffer.from(bytes.subarray(end));
    const out: Buffer[] = [];
    for (let at = 0; at < end;) {
      const next = bytes.indexOf(NEWLINE, at) + 1;
      const line = bytes.subarray(at, next);
      out.push(this.isWithin ? line : this.line(line));
      this.isWithin = false;
      at = next;
    }
    if (this.isWithin || this.rest.length > MOST_LINE_BYTES) {
      out.push(this.isWithin ? this.rest : this.line(this.rest));
      this.isWithin = true;
      this.rest = Buffer.alloc(0);
    }
    this.to.write(Buffer.concat(out), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.rest.length > 0) this.to.write(this.line(this.rest), done);
    else done();
  }

  private line(line: Buffer): Buffer {
    const { nonce, placeOf, onFact } = this.places;
    const head = line.toString('latin1', 0, 80);
    if (head.startsWith(`${nonce} `)) {
      onFact(head.slice(nonce.length + 1).trim());
      return Buffer.alloc(0);
    }
    const [prefix, script, number] = this.prefix.exec(head) ?? [];
    if (prefix === undefined) return line;
    const place = placeOf(Number(script), Number(number));
    if (place !== undefined) {
      return Buffer.concat([Buffer.from(`psql:${place.file}:${place.line}: `), line.subarray(prefix.length)]);
    }
    // Without a place psql leaves out the kind of its own messages too.
    const kind = /^(error|warning): /.exec(head.slice(prefix.length))?.[0] ?? '';
    return line.subarray(prefix.length + kind.length);
  }
}
