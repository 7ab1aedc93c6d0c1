import { Transform, type TransformCallback } from 'node:stream';

const TILDE = 0x7e;
const LINE_ENDS = [0x0d, 0x0a];

export interface EscapeKeysOptions {
  /** `Enter ~ .` was typed. */
  readonly onLeave: () => void;
  /** `Enter ~ ?` was typed. */
  readonly onHelp: () => void;
}

/**
 * Passes keys on, but for ssh's escapes after Enter: `~.` leaves a session that hangs, `~?` tells of them, `~~` is one
 * tilde. Only a tilde that comes alone was typed: in pasted text it is text.
 */
export class EscapeKeys extends Transform {
  private state: 'lineStart' | 'tilde' | 'inLine' = 'lineStart';

  constructor(private readonly options: EscapeKeysOptions) {
    super();
  }

  override _transform(keys: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const [key] = keys;
    if (this.state === 'lineStart' && keys.length === 1 && key === TILDE) {
      this.state = 'tilde';
      done();
      return;
    }
    const isEscaped = this.state === 'tilde';
    this.state = LINE_ENDS.includes(keys.at(-1) ?? 0) ? 'lineStart' : 'inLine';
    if (!isEscaped) {
      done(null, keys);
      return;
    }
    switch (keys.toString('latin1')) {
      case '.':
        this.options.onLeave();
        done();
        return;
      case '?':
        this.state = 'lineStart';
        this.options.onHelp();
        done();
        return;
      case '~':
        done(null, keys);
        return;
      default:
        done(null, Buffer.concat([Buffer.from([TILDE]), keys]));
    }
  }
}
