/** Numbers from 0 to 1 that only depend on the seed: mulberry32, small and good enough to choose faults. */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that depend on the seed alone, and that a compressor can make something of. */
export function someBytes(length: number, seed: number): Buffer {
  const random = generator(seed);
  const bytes = Buffer.alloc(length, ' ');
  for (let at = 0; at < length; at += 1 + Math.floor(random() * 5)) bytes[at] = Math.floor(random() * 256);
  return bytes;
}
