/** A timer is late by up to so much, in ms: the rest is waited for awake. */
const TIMER_GRAIN_MS = 2;

/** Hands things on after a delay, in order, and not a millisecond later: what is measured over it may be less than that. */
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
    this.underway.push({ item, dueAt: performance.now() + this.delayMs });
    if (this.cancel === undefined) this.wait(this.delayMs);
  }

  clear(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.underway.length = 0;
  }

  /** One timer for all: a timer for each of ten thousand frames a second would be most of the work. */
  private wait(ms: number): void {
    const coarse = Math.floor(ms) - TIMER_GRAIN_MS;
    if (coarse > 0) {
      const timer = setTimeout(this.flush, coarse);
      this.cancel = () => {
        clearTimeout(timer);
      };
    } else {
      const turn = setImmediate(this.flush);
      this.cancel = () => {
        clearImmediate(turn);
      };
    }
  }

  private readonly flush = (): void => {
    const now = performance.now();
    const left = this.underway.findIndex(({ dueAt }) => dueAt > now);
    const due = this.underway.splice(0, left < 0 ? this.underway.length : left);
    for (const { item } of due) this.deliver(item);
    const [next] = this.underway;
    if (next === undefined) this.cancel = undefined;
    else this.wait(next.dueAt - performance.now());
  };
}
