/** The value below which this share of the values lies; between two of them it is interpolated. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('there is no percentile of nothing');
  return below + (above - below) * (position % 1);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
