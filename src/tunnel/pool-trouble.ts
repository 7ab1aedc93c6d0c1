import type { PoolEvent } from './pool-options';

/** Tells the user of trouble: the same failure once, and of its end only after it was told. */
export class Trouble {
  private failure: string | undefined;
  private isUnderWay = false;

  constructor(private readonly tell: (event: PoolEvent) => void) {}

  lost(error: Error | undefined, connections: number): void {
    this.isUnderWay = true;
    this.tell({ kind: 'lost', error, connections });
  }

  failed(error: Error): void {
    this.isUnderWay = true;
    if (this.failure === error.message) return;
    this.failure = error.message;
    this.tell({ kind: 'failed', error });
  }

  over(): void {
    if (!this.isUnderWay) return;
    this.isUnderWay = false;
    this.failure = undefined;
    this.tell({ kind: 'back' });
  }
}
