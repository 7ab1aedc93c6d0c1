import type { Section, StackReview } from './section';

const MARK_WIDTH = 3;

/** For a terminal and a log. */
export function asText(reviews: readonly StackReview[], against: string): string {
  const changed = reviews.filter(({ summary }) => summary !== undefined);
  if (changed.length === 0) return `No change to the infrastructure against ${against}\n`;
  return changed
    .map(({ stack, summary = '', sections }) =>
      [
        `${stack} against ${against}: ${summary}`,
        ...sections.flatMap((section) => ['', ...sectionLines(section)]),
        '',
      ].join('\n'),
    )
    .join('\n');
}

function sectionLines({ title, entries }: Section): string[] {
  return [
    title,
    ...entries.flatMap(({ mark, text, details }) => [
      `  ${mark.padStart(MARK_WIDTH)} ${text}`,
      ...details.map((one) => `        ${one.mark} ${one.text}`),
    ]),
  ];
}
