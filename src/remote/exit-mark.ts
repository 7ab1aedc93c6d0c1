import { partialMatch } from './partial-match';

const END = Buffer.from('\x1b\\');
/** Of an exit code and the end. */
const LONGEST_REST = 3 + END.length;

/** Takes the exit code, which `terminalCommand` writes at the end, out of what is shown. */
export class ExitMark {
  private code: number | undefined;
  /** The beginning of the mark, perhaps; no more of it than that. */
  private held: Buffer = Buffer.alloc(0);
  private readonly start: Buffer;

  constructor(nonce: string) {
    this.start = Buffer.from(`\x1b_${nonce};`);
  }

  /** Once the mark has come. */
  get exitCode(): number | undefined {
    return this.code;
  }

  /** @returns what is to be shown now: the chunk, but for what is or may become the mark */
  take(chunk: Buffer): Buffer {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    this.held = Buffer.alloc(0);
    for (let at = bytes.indexOf(this.start); at >= 0; at = bytes.indexOf(this.start, at + 1)) {
      const codeAt = at + this.start.length;
      const rest = bytes.subarray(codeAt, codeAt + LONGEST_REST);
      const length = rest.indexOf(END);
      const code = rest.toString('latin1', 0, Math.max(length, 0));
      if (/^\d+$/.test(code)) {
        this.code = Number(code);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(codeAt + length + END.length)]);
      }
      if (length < 0 && rest.length < LONGEST_REST) return this.hold(bytes, at);
    }
    return this.hold(bytes, bytes.length - partialMatch(bytes, this.start));
  }

  private hold(bytes: Buffer, at: number): Buffer {
    this.held = Buffer.from(bytes.subarray(at));
    return bytes.subarray(0, at);
  }
}
