import type { SessionFaults } from './faults';
import { SeededRandom } from './seeded-random';

type Probabilities = Pick<SessionFaults, 'loss' | 'duplication' | 'reordering' | 'seed'>;

/** What a bad network does to the frames of one direction. It has no clock: the caller says when to wait no longer. */
export class Disturbance {
  private held: readonly Buffer[] = [];
  private readonly random = new SeededRandom();

  /** @param direction sets two that have the same seed apart */
  constructor(private readonly direction: number) {}

  /** Whether a frame is held back until the next one, or until `release`. */
  get holds(): boolean {
    return this.held.length > 0;
  }

  /** What arrives now that this frame has been sent, in order. */
  take(frame: Buffer, { loss, duplication, reordering, seed }: Probabilities): readonly Buffer[] {
    if (loss === 0 && duplication === 0 && reordering === 0) return [frame, ...this.release()];
    const ownSeed = seed === undefined ? undefined : seed * 2 + this.direction;
    const happens = (probability: number): boolean => this.random.next(ownSeed) < probability;
    // As many numbers for each frame, so that changing one probability leaves the others' victims as they are.
    const [lost, doubled, late] = [happens(loss), happens(duplication), happens(reordering)];
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
