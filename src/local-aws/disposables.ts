/** `AsyncDisposableStack`, which Node 20 lacks: what was taken last is given back first. */
export class Disposables implements AsyncDisposable {
  private steps: (() => void | Promise<void>)[] = [];

  defer(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  use(resource: AsyncDisposable): void {
    this.steps.push(async () => {
      await resource[Symbol.asyncDispose]();
    });
  }

  /** Hands everything over; this one holds nothing any more. */
  move(): AsyncDisposable {
    const next = new Disposables();
    next.steps = this.steps;
    this.steps = [];
    return next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
