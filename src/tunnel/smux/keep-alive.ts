import type { SmuxOptions } from './options';

/** When to say that we are alive: at an interval, and when nothing has gone either way for a while. */
export class KeepAlive implements Disposable {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly quiet: NodeJS.Timeout | undefined;

  constructor({ keepAliveMs, quietMs }: Pick<SmuxOptions, 'keepAliveMs' | 'quietMs'>, say: () => void) {
    if (keepAliveMs !== undefined) this.timers.push(setInterval(say, keepAliveMs));
    if (quietMs === undefined) return;
    this.quiet = setInterval(say, quietMs);
    this.timers.push(this.quiet);
  }

  /** Bytes have gone, one way or the other. */
  moved(): void {
    this.quiet?.refresh();
  }

  [Symbol.dispose](): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}
