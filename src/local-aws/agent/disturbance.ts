import type { SessionFaults } from './faults';

type Probabilities = Pick<SessionFaults, 'loss' | 'duplication' | 'reordering' | 'seed'>;

/** What a bad network does to the frames of one direction. It has no clock: the caller says when to wait no longer. */
export class Disturbance {
  private held: readonly Buffer[] = [];
  private seed: number | undefined;
  private random: () => number = Math.random;

  /** @param direction sets two that have the same seed apart */
  constructor(private readonly direction: number) {}

  /** Whether a frame is held back until the next one, or until `release`. */
  get holds(): boolean {
    return this.held.length > 0;
  }

  /** What arrives now that this frame has been sent, in order. */
  take(frame: Buffer, { loss, duplication, reordering, seed }: Probabilities): readonly Buffer[] {
    if (loss === 0 && duplication === 0 && reordering === 0) return [frame, ...this.release()];
    if (seed !== this.seed) {
      this.seed = seed;
      this.random = seed === undefined ? Math.random : randomNumbers(seed * 2 + this.direction);
    }
    // As many numbers for each frame, so that changing one probability leaves the others' victims as they are.
    const [lost, doubled, late] = [this.random() < loss, this.random() < duplication, this.random() < reordering];
    const copies = lost ? [] : doubled ? [frame, frame] : [frame];
    if (!late || this.holds) return [...copies, ...this.release()];
    this.held = copies;
    return [];
  }

  release(): readonly Buffer[] {
    const { held } = this;
    this.held = [];
    return held;
  }
}

/** Numbers from 0 to 1 that only depend on the seed: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
