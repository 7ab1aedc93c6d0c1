import { callAt } from './call-at';

/** Hands things on after a delay, in order. */
export class DelayLine<T> {
  private readonly underway: { readonly item: T; readonly dueAt: number }[] = [];
  private cancel: (() => void) | undefined;

  constructor(
    private readonly delayMs: number,
    private readonly deliver: (item: T) => void,
  ) {}

  push(item: T): void {
    if (this.delayMs === 0) {
      this.deliver(item);
      return;
    }
    const dueAt = performance.now() + this.delayMs;
    this.underway.push({ item, dueAt });
    this.cancel ??= callAt(dueAt, this.flush);
  }

  clear(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.underway.length = 0;
  }

  /** One timer for all: a timer for each of ten thousand frames a second would be most of the work. */
  private readonly flush = (): void => {
    const now = performance.now();
    const left = this.underway.findIndex(({ dueAt }) => dueAt > now);
    const due = this.underway.splice(0, left < 0 ? this.underway.length : left);
    for (const { item } of due) this.deliver(item);
    const [next] = this.underway;
    this.cancel = next === undefined ? undefined : callAt(next.dueAt, this.flush);
  };
}
