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
    const failure = withoutIds(error.message);
    if (this.failure === failure) return;
    this.failure = failure;
    this.tell({ kind: 'failed', error });
  }

  over(): void {
    if (!this.isUnderWay) return;
    this.isUnderWay = false;
    this.failure = undefined;
    this.tell({ kind: 'back' });
  }
}

/** AWS names the session that could not be opened, which is another one each time. */
function withoutIds(message: string): string {
  return message.replaceAll(/(?<=session\/)[^\s"]+/g, '…');
}
