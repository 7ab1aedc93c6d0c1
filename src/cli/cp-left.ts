import { printableLine } from '../printable';
import type { Unpacked } from '../transfer/files/tar-reader';

/** So many are named, and the others counted. */
const MOST_NAMED = 20;

/** Lines that say what in a folder was not copied, and why. */
export function notCopied({ skipped, left }: Pick<Unpacked, 'skipped' | 'left'>): readonly string[] {
  return [
    ...shortened(
      skipped.map((name) => `Not copied: ${printableLine(name)} is neither a file, a folder nor a link`),
      'that are neither a file, a folder nor a link',
    ),
    ...shortened(
      left.map(
        ({ name, target }) => `Not copied: the link ${printableLine(name)} leads out, to ${printableLine(target)}`,
      ),
      'links that lead out',
    ),
    ...(left.length === 0 ? [] : ['Links that lead out of the folder are copied with --keep-links']),
  ];
}

function shortened(lines: readonly string[], what: string): readonly string[] {
  if (lines.length <= MOST_NAMED) return lines;
  return [...lines.slice(0, MOST_NAMED), `Not copied: ${lines.length - MOST_NAMED} more ${what}`];
}
