import { partialMatch } from './partial-match';

const END = Buffer.from('\x1b\\');

/** Takes the exit code, which `terminalCommand` writes at the end, out of what is shown. */
export class ExitMark {
  private code: number | undefined;
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
    const at = bytes.indexOf(this.start);
    const end = at < 0 ? -1 : bytes.indexOf(END, at + this.start.length);
    if (end < 0) {
      const heldAt = at < 0 ? bytes.length - partialMatch(bytes, this.start) : at;
      this.held = Buffer.from(bytes.subarray(heldAt));
      return bytes.subarray(0, heldAt);
    }
    this.held = Buffer.alloc(0);
    this.code = Number(bytes.toString('latin1', at + this.start.length, end));
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end + END.length)]);
  }
}
