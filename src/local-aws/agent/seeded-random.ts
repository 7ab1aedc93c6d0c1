/** Numbers from 0 to 1: by chance, or those that follow from a seed. */
export class SeededRandom {
  private seed: number | undefined;
  private random: () => number = Math.random;

  /** Another seed than the last time begins anew. */
  next(seed: number | undefined): number {
    if (seed !== this.seed) {
      this.seed = seed;
      this.random = seed === undefined ? Math.random : generator(seed);
    }
    return this.random();
  }
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
