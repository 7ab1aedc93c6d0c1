import type { Difference } from './compare';

/** A difference that is known and harmless. */
export interface Expected extends Difference {
  readonly why: string;
}

export const EXPECTED: readonly Expected[] = [
  {
    path: 'terraform.required_providers.aws.source',
    before: 'aws',
    after: 'hashicorp/aws',
    why: 'one provider: Terraform reads a name without a namespace as one of hashicorp (language docs, Provider Requirements)',
  },
];

export interface Settled<D extends Difference> {
  readonly unexplained: readonly D[];
  /** Entries of the table that explain nothing any more. */
  readonly stale: readonly Expected[];
}

/** Holds the differences against the table: every one has an entry, and every entry occurs. */
export function settle<D extends Difference>(differences: readonly D[], table: readonly Expected[]): Settled<D> {
  return {
    unexplained: differences.filter((one) => !table.some((entry) => explains(entry, one))),
    stale: table.filter((entry) => !differences.some((one) => explains(entry, one))),
  };
}

function explains(entry: Expected, { path, before, after }: Difference): boolean {
  return entry.path === path && isEqual(entry.before, before) && isEqual(entry.after, after);
}

function isEqual(a: Difference['before'], b: Difference['before']): boolean {
  return a === undefined || b === undefined ? a === b : JSON.stringify(a) === JSON.stringify(b);
}
