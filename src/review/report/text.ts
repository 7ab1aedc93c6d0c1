import { type Section, type StackReview, unchangedLine } from './section';

const MARK_WIDTH = 3;

/** For a terminal and a log. */
export function asText(reviews: readonly StackReview[], against: string): string {
  const changed = reviews.filter(({ summary }) => summary !== undefined);
  if (changed.length === 0) return `No change to the infrastructure against ${against}\n`;
  return [
    ...changed.map(({ stack, environment, summary = '', sections }) =>
      [
        `${environment === undefined ? stack : `Environment ${environment} (${stack})`} against ${against}: ${summary}`,
        ...sections.flatMap((section) => ['', ...sectionLines(section)]),
        '',
      ].join('\n'),
    ),
    ...unchangedLine(reviews, (name) => name),
  ].join('\n');
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
