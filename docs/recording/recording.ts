import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';

/** What a terminal showed from some moment on, in ms since the start. */
export interface Frame {
  readonly at: number;
  readonly lines: readonly string[];
  readonly cursor: { readonly column: number; readonly row: number };
}

export interface RecordingOptions {
  readonly columns: number;
  readonly rows: number;
  readonly words: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Changes that follow each other faster are one. */
const SETTLE_MS = 40;
const LOOK_MS = 20;

/** A program on a real terminal, and all that it showed. */
export class Recording {
  private readonly terminal: Terminal;
  private readonly pty: ReturnType<typeof spawn>;
  private readonly frames: Frame[] = [];
  private readonly startedAt = performance.now();
  private settling: NodeJS.Timeout | undefined;

  constructor({ columns, rows, words: [program, ...argv], env, cwd }: RecordingOptions) {
    this.terminal = new Terminal({ cols: columns, rows, allowProposedApi: true });
    this.pty = spawn(program, argv, { cols: columns, rows, env, cwd });
    this.pty.onData((data) => {
      this.terminal.write(data, () => {
        this.settling ??= setTimeout(() => {
          this.take();
        }, SETTLE_MS);
      });
    });
  }

  /** Types as a person does, and presses Enter. @param keyMs ms between two keys */
  async line(text: string, keyMs: number): Promise<void> {
    for (const key of `${text}\r`) {
      this.pty.write(key);
      await sleep(keyMs);
    }
  }

  /** Waits until the last line with text on it matches. @throws Error after so many ms */
  async shows(pattern: RegExp, limitMs: number): Promise<void> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const last = this.lines().findLast((line) => line.trim() !== '') ?? '';
      if (pattern.test(last)) return;
      if (Date.now() > deadline)
        throw new Error(`the terminal does not show ${String(pattern)} but:\n${this.lines().join('\n')}`);
      await sleep(LOOK_MS);
    }
  }

  end(): readonly Frame[] {
    clearTimeout(this.settling);
    this.take();
    this.pty.kill();
    this.terminal.dispose();
    return this.frames;
  }

  private take(): void {
    this.settling = undefined;
    const { cursorX: column, cursorY: row } = this.terminal.buffer.active;
    this.frames.push({ at: performance.now() - this.startedAt, lines: this.lines(), cursor: { column, row } });
  }

  private lines(): string[] {
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.terminal.rows }, (_, row) => {
      return active.getLine(active.viewportY + row)?.translateToString(true) ?? '';
    });
  }
}
