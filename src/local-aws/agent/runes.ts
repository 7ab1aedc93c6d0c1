/**
 * The agent passes terminal output on rune by rune, with two losses that ours has too: bytes at the end of a chunk
 * that are no whole rune wait for more and are dropped if none comes, and a genuine U+FFFD loses its last two bytes
 * (amazon-ssm-agent `agent/session/shell/shell.go`, `processStdoutData`).
 */
export function takeRunes(bytes: Buffer): { readonly whole: Buffer; readonly held: Buffer } {
  const parts: Buffer[] = [];
  let from = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = runeLength(bytes, at);
    const isReplacement = length === 3 && bytes.readUIntBE(at, 3) === 0xefbfbd;
    if (length > 0 && !isReplacement) {
      at += length;
      continue;
    }
    if (at >= bytes.length - 3)
      return { whole: Buffer.concat([...parts, bytes.subarray(from, at)]), held: bytes.subarray(at) };
    parts.push(bytes.subarray(from, at + 1));
    at += isReplacement ? 3 : 1;
    from = at;
  }
  return { whole: Buffer.concat([...parts, bytes.subarray(from)]), held: Buffer.alloc(0) };
}

/** Bytes of the UTF-8 rune at `at`; 0 when there is no whole and valid one, as Go's `utf8.DecodeRune` sees it. */
function runeLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = at + 2; index < at + length; index += 1) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** Output in chunks; what is held of one goes before the next. */
export class RuneStream {
  private held: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): Buffer {
    const { whole, held } = takeRunes(this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]));
    this.held = Buffer.from(held); // not the memory of a whole chunk
    return whole;
  }
}
