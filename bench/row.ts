/** Of `ours / plugin`, or of `ours / other` where there is one; `below` is of our figure itself. */
export type Target = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

/** One line of the table. A figure that could not be taken is left out. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Undefined, but there: it has not been measured. */
  readonly plugin?: number | undefined;
  /** The same work without the protocol. */
  readonly limit?: number | undefined;
  /** Another way of ours to do the same; the name says which. */
  readonly other?: number | undefined;
  readonly target?: Target | undefined;
}

/** `ours / other`; undefined when there is nothing to compare with. */
export function ratio({ ours }: Row, other: number | undefined): number | undefined {
  return other === undefined || other === 0 ? undefined : ours / other;
}

/** Whether the target is met; undefined without a target or without what it is compared with. */
export function meetsTarget(row: Row): boolean | undefined {
  if (row.target === undefined) return undefined;
  if ('below' in row.target) return row.ours < row.target.below;
  const reached = ratio(row, row.other ?? row.plugin);
  if (reached === undefined) return undefined;
  return 'atLeast' in row.target ? reached >= row.target.atLeast : reached <= row.target.atMost;
}
