import { meetsTarget, ratio, type Row, type Target } from './row';

const HEADINGS = [
  '',
  'unit',
  'ours',
  'plugin',
  'limit',
  'other',
  'ours/plugin',
  'ours/limit',
  'ours/other',
  'target',
] as const;
const GAP = '  ';

/** The rows as text: names to the left, figures to the right. */
export function table(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function cells(row: Row): readonly string[] {
  return [
    row.name,
    row.unit,
    figure(row.ours),
    'plugin' in row && row.plugin === undefined ? 'not measured' : figure(row.plugin),
    figure(row.limit),
    figure(row.other),
    figure(ratio(row, row.plugin)),
    figure(ratio(row, row.limit)),
    figure(ratio(row, row.other)),
    row.target === undefined ? '' : `${words(row.target)}${verdict(meetsTarget(row))}`,
  ];
}

/** Three digits that count. */
function figure(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function words(target: Target): string {
  if ('below' in target) return `ours < ${target.below}`;
  return 'atLeast' in target ? `>= ${target.atLeast.toFixed(1)}` : `<= ${target.atMost.toFixed(1)}`;
}

function verdict(met: boolean | undefined): string {
  return met === undefined ? '' : met ? ' yes' : ' no ';
}
