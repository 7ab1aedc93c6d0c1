import type { Writable } from 'node:stream';

/** ECS ends a session in which nothing was typed or shown for so long; the limit cannot be changed. */
export const IDLE_LIMIT_MS = 20 * 60_000;
const WARNING_MS = 2 * 60_000;
const CHECK_INTERVAL_MS = 5_000;

export interface IdleWarningOptions {
  /** When data last went either way, in ms since 1970. */
  readonly lastActivity: () => number;
  readonly terminal: Writable;
  readonly limitMs?: number;
  readonly warningMs?: number;
  readonly checkIntervalMs?: number;
}

/**
 * Says in the terminal's title, with a bell, that an idle session is about to end: a line would spoil the screen of a
 * full-screen program. The title of before is put on the terminal's own stack (xterm's `CSI 22;2t`, `CSI 23;2t`).
 */
export class IdleWarning implements Disposable {
  private readonly timer: NodeJS.Timeout;
  private shown = false;

  constructor(private readonly options: IdleWarningOptions) {
    this.timer = setInterval(() => {
      this.check();
    }, options.checkIntervalMs ?? CHECK_INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    this.hide();
  }

  private check(): void {
    const { lastActivity, terminal, limitMs = IDLE_LIMIT_MS, warningMs = WARNING_MS } = this.options;
    const leftMs = lastActivity() + limitMs - Date.now();
    if (leftMs > warningMs) {
      this.hide();
      return;
    }
    const save = this.shown ? '' : '\x07\x1b[22;2t';
    const seconds = Math.max(0, Math.ceil(leftMs / 1000));
    terminal.write(`${save}\x1b]2;Idle: the session ends in ${seconds} s, press a key to keep it\x07`);
    this.shown = true;
  }

  private hide(): void {
    if (!this.shown) return;
    this.shown = false;
    this.options.terminal.write('\x1b]2;\x07\x1b[23;2t');
  }
}
