import type { Difference } from './compare';
import type { Settled } from './expected';

/** A difference, and which synthesized file has it: `hardened aurora-bg`. */
export interface Found extends Difference {
  readonly file: string;
}

/**
 * What is told: one line where all is explained, else every difference with both of its values.
 * @param libraries `cdktf 0.21.0` and `cdktn 0.24.0`
 */
export function report(
  { unexplained, stale }: Settled<Found>,
  libraries: { readonly before: string; readonly after: string },
  { files, expected }: { readonly files: readonly string[]; readonly expected: number },
): string {
  const { before, after } = libraries;
  if (unexplained.length + stale.length === 0) {
    return `${after} synthesizes what ${before} does: ${files.join(', ')} (expected differences: ${expected})\n`;
  }
  const differences = unexplained.map(
    (one) => `${one.file}: ${one.path}\n  ${before}: ${shown(one.before)}\n  ${after}: ${shown(one.after)}\n`,
  );
  const entries = stale.map(
    ({ path, before: was, after: is }) =>
      `${path}: ${shown(was)} → ${shown(is)} is expected and does not occur; remove it from src/successor/expected.ts\n`,
  );
  return [...differences, ...entries, `${unexplained.length} differences, ${stale.length} out of date\n`].join('');
}

function shown(value: Difference['before']): string {
  return value === undefined ? '(nothing)' : JSON.stringify(value);
}
