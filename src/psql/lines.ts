const NEWLINE = 0x0a;

/** Cuts chunks at the last newline in each, so that every batch is of whole lines; the last one may have none at its end. */
export async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      parts.push(chunk);
      continue;
    }
    yield parts.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...parts, chunk.subarray(0, end)]);
    parts = end < chunk.length ? [chunk.subarray(end)] : [];
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

/** One line of a batch: where it begins, where it ends, and where the next one begins. */
export interface LineSpan {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** The line that begins there. */
export function lineAt(batch: Buffer, start: number): LineSpan {
  const found = batch.indexOf(NEWLINE, start);
  return found < 0 ? { start, end: batch.length, next: batch.length } : { start, end: found, next: found + 1 };
}
