/** Of `ours / plugin`. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the table. A figure that could not be taken is left out. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly plugin?: number | undefined;
  /** The same work without the protocol. */
  readonly limit?: number | undefined;
  readonly target?: Target | undefined;
}

/** `ours / other`; undefined when there is nothing to compare with. */
export function ratio({ ours }: Row, other: number | undefined): number | undefined {
  return other === undefined || other === 0 ? undefined : ours / other;
}

/** Whether the target is met; undefined without a target or without the official client. */
export function meetsTarget(row: Row): boolean | undefined {
  const reached = ratio(row, row.plugin);
  if (reached === undefined || row.target === undefined) return undefined;
  return 'atLeast' in row.target ? reached >= row.target.atLeast : reached <= row.target.atMost;
}
