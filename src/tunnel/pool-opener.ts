import { setTimeout as sleep } from 'node:timers/promises';
import { NoMorePortsError } from './pool-options';

export interface OpenerOptions {
  /** Opens one session and takes it in. */
  readonly open: () => Promise<void>;
  /** Whether one more is missed, beside so many that are being opened. */
  readonly isMissed: (opening: number) => boolean;
  /** One could not be opened. @returns whether to try again */
  readonly onFailure: (error: Error) => boolean;
  /** One has been opened, or is given up. */
  readonly onSettled: () => void;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A session that is lost sooner has hardly been one: the next is opened later each time. */
const SETTLED_MS = 10_000;

/** Opens sessions in the background: as often as it takes, with growing pauses, and as long as they are missed. */
export class Opener {
  private readonly underWay = new Set<Promise<void>>();
  /** How often in a row a session was lost before it had settled. */
  private flaps = 0;

  constructor(private readonly options: OpenerOptions) {}

  /** How many are being opened. */
  get count(): number {
    return this.underWay.size;
  }

  /** One more. Settles when it is there or given up; never rejects. */
  start(): Promise<void> {
    const opening = this.insist().finally(() => {
      this.underWay.delete(opening);
      this.options.onSettled();
    });
    this.underWay.add(opening);
    return opening;
  }

  /** A session has gone by itself. @param openedAt in ms since 1970 */
  lost(openedAt: number): void {
    this.flaps = Date.now() - openedAt < SETTLED_MS ? this.flaps + 1 : 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async insist(): Promise<void> {
    const { open, isMissed, onFailure, signal } = this.options;
    // The first loss is mended at once.
    for (let failures = Math.max(0, this.flaps - 1); !signal.aborted; failures += 1) {
      if (failures > 0) {
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        if (isAborted(signal) || !isMissed(this.underWay.size - 1)) return;
      }
      try {
        await open();
        return;
      } catch (reason) {
        const error = reason instanceof Error ? reason : new Error(String(reason));
        if (isAborted(signal) || !onFailure(error) || error instanceof NoMorePortsError) return;
      }
    }
  }
}

/** It changes while somebody waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
