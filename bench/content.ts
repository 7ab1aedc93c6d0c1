/** What the agent says first: the session is open. No banner has this byte in it. */
export const MARK = 0x02;
/** From the mark to the first byte of a measurement: a client may prepare its terminal meanwhile. */
export const SETTLE_MS = 300;
/** The agent reads the terminal in pieces of this size, and so does everything here. */
export const CHUNK_BYTES = 1024;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Letters alone, since a terminal gives other bytes a meaning; 26 is no part of 1024, so no two neighbours are alike. */
export function content(bytes: number): Buffer {
  return Buffer.alloc(bytes, LETTERS);
}

export function chunks(data: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(data.length / CHUNK_BYTES) }, (_, index) =>
    data.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  );
}
