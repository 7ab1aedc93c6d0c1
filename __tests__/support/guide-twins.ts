import type { Step } from './guide';

const JAPANESE = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/;

/** What a document is made of, piece by piece, without its words: headings, paragraphs, lists, tables, blocks. */
export function outlineOf(markdown: string): readonly string[] {
  const outline: string[] = [];
  let fence: string | undefined;
  let isInside = false;
  for (const line of markdown.split('\n')) {
    const marks = /^(`{3,})(\S*)/.exec(line);
    if (fence !== undefined) {
      if (line === fence) fence = undefined;
      continue;
    }
    const kind = kindOf(line);
    if (marks !== null) [fence] = [marks[1]];
    // A paragraph may have other line breaks, a table or a list may not.
    if (kind !== undefined && !(kind === 'text' && isInside)) outline.push(kind);
    isInside = kind === 'text' || (isInside && kind !== undefined);
  }
  return outline;
}

function kindOf(line: string): string | undefined {
  if (line.trim() === '') return undefined;
  const [, heading] = /^(#+) /.exec(line) ?? [];
  const [, language] = /^`{3,}(\S*)/.exec(line) ?? [];
  if (heading !== undefined) return `heading ${heading.length}`;
  if (language !== undefined) return `block ${language}`;
  if (line.startsWith('|')) return 'row';
  if (line.startsWith('- ')) return 'item';
  if (line.startsWith('<!-- ')) return line.startsWith('<!-- not run') ? 'not run' : line;
  return 'text';
}

/**
 * How two steps in two languages differ, beyond what may: comments, and quoted words where the Japanese one has Japanese.
 * @returns undefined when they do not
 */
export function difference(ja: Step, en: Step): string | undefined {
  if (ja.kind !== en.kind) return `${ja.kind} and ${en.kind}`;
  const [one, other] = [codeOf(ja), codeOf(en)].map((code) => piecesOf(code));
  if (one === undefined || other === undefined) return undefined;
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const [here = '', there = ''] = [one[index], other[index]];
    if (here !== there && !(isQuoted(here) && isQuoted(there) && JAPANESE.test(here))) return `${here} and ${there}`;
  }
  return undefined;
}

function codeOf(step: Step): string {
  const under = 'under' in step ? JSON.stringify(step.under) : '';
  const path = step.kind === 'file' ? step.path : '';
  return `${path}${under}\n${isTable(step) ? '' : typedOf(step)}`;
}

/** A CSV is all words. */
function isTable(step: Step): boolean {
  return step.kind === 'file' && step.path.endsWith('.csv');
}

/** Of a console, what is typed. */
function typedOf({ kind, text }: { readonly kind: Step['kind']; readonly text: string }): string {
  if (kind !== 'console') return text;
  return text
    .split('\n')
    .filter((line) => /^(\$|sh-5\.2#|mydb[=-]>) /.test(line))
    .join('\n');
}

/** Quoted words, and what stands between them; without comments, and placeholders in angle brackets. */
function piecesOf(code: string): readonly string[] {
  const bare = code
    .replaceAll(/^(--|#) .*$/gm, '')
    .replaceAll(/<[^<>\n]*[^\x00-\x7f<>\n][^<>\n]*>|<[A-Z][^<>\n]* [^<>\n]*>/g, '<…>');
  return bare.split(/('[^'\n]*'|\\?"[^"\n]*")/);
}

function isQuoted(piece: string): boolean {
  return /^\\?['"]/.test(piece);
}
