/** Whether an IPv4 range, `10.0.0.0/16`, covers all of another. */
export function covers(outer: string, inner: string): boolean {
  const [large, small] = [parse(outer), parse(inner)];
  if (large === undefined || small === undefined || large.bits > small.bits) return false;
  return prefix(large.address, large.bits) === prefix(small.address, large.bits);
}

interface Range {
  readonly address: bigint;
  readonly bits: number;
}

function parse(range: string): Range | undefined {
  const [, a, b, c, d, bits] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range) ?? [];
  if (bits === undefined) return undefined;
  const address = [a, b, c, d].reduce((sum, byte = '') => sum * 256n + BigInt(byte), 0n);
  return { address, bits: Number(bits) };
}

function prefix(address: bigint, bits: number): bigint {
  return address >> BigInt(32 - bits);
}
