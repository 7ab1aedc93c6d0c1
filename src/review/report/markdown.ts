import { type Mark, type Section, type StackReview, unchangedLine } from './section';
import { oneLine } from './show';

/** GitHub takes comments of 65,536 characters, and Linux variables of 131,072 bytes, in one of which it travels. */
const MOST_BYTES = 60_000;

/**
 * For a comment on a pull request. Everything from the change stands in code, so that none of it is markup: no heading,
 * no link or image, no mention of anybody, no comment that a later run would take for ours.
 */
export function asMarkdown(reviews: readonly StackReview[], against: string): string {
  const changed = reviews.filter(({ summary }) => summary !== undefined);
  if (changed.length === 0) return `**No change to the infrastructure** against ${code(against)}\n`;
  const text = [
    ...changed.map(({ stack, environment, summary = '', sections }) =>
      [
        `### Infrastructure: ${environment === undefined ? '' : `environment ${code(environment)}, `}${code(stack)}`,
        `${summary}, against ${code(against)}`,
        ...sections.map(block),
        '',
      ].join('\n\n'),
    ),
    ...unchangedLine(reviews, code),
  ].join('\n');
  return Buffer.byteLength(text) <= MOST_BYTES ? text : cut(text);
}

/** A name among words. Its backticks become quotation marks, since no other character can end it. */
function code(name: string): string {
  return `\`${oneLine(name).replaceAll('`', "'")}\``;
}

/** The lines that fit. Lines of a block begin with their mark, so a fence is one that begins with backticks. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  const kept = bytes.subarray(0, bytes.lastIndexOf('\n', MOST_BYTES)).toString();
  const fences = kept.match(/^`{3,}/gm) ?? [];
  const open = fences.length % 2 === 1 ? `\n${fences.at(-1) ?? ''}` : '';
  return `${kept}${open}\n\nThe rest is too long for a comment: \`npm run review\` shows all of it.\n`;
}

/** In a block of `diff`, GitHub colours lines by their first character. */
const COLOURS: Readonly<Record<Mark, string>> = { '+': '+', '-': '-', '~': '!', '-/+': '!', '>': '!', ' ': ' ' };

function block({ title, entries }: Section): string {
  const lines = entries.flatMap(({ mark, text, details }) => [
    `${COLOURS[mark]} ${mark === '-/+' ? '-/+ ' : ''}${text}`,
    ...details.map((one) => `${COLOURS[one.mark]}     ${one.text}`),
  ]);
  const fence = '`'.repeat(fenceFor(lines.join('\n')));
  return `**${title}**\n\n${fence}diff\n${lines.join('\n')}\n${fence}`;
}

/** A fence longer than any in the text, so that no text ends it. */
function fenceFor(text: string): number {
  return Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1));
}
