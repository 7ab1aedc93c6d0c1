import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { TerminalSize } from '../session/payload';

/** The three standard streams, and what can be asked of a terminal behind them. */
export interface Terminal {
  readonly input: Readable & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
  readonly output: Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;
  readonly story: Writable & Partial<Pick<WriteStream, 'isTTY'>>;
}

/** Where nobody looks at the output, lines should not be folded. */
const SIZE_WITHOUT_TERMINAL: TerminalSize = { columns: 300, rows: 100 };

export function isInteractive({ input, output }: Terminal): boolean {
  return input.isTTY === true && output.isTTY === true;
}

export function terminalSize({ output }: Terminal): TerminalSize {
  // A terminal that does not know its size says 0.
  const { columns, rows } = output;
  return columns && rows ? { columns, rows } : SIZE_WITHOUT_TERMINAL;
}

/** Every key goes to the remote side as it is, Ctrl-C too, until disposal; nothing changes without a terminal. */
export function rawMode({ input }: Terminal): Disposable {
  if (input.isTTY !== true || input.setRawMode === undefined) return { [Symbol.dispose]: () => undefined };
  input.setRawMode(true);
  return {
    [Symbol.dispose]: () => {
      input.setRawMode?.(false);
    },
  };
}
