/**
 * Reads a guide in Markdown as steps that can be run. Fenced blocks are by their first word:
 *
 * - `sh`: lines for the reader's shell, in the project's folder; variables stay for the blocks that follow.
 * - `sql`: for psql's prompt, or for `sql` on standard input. With a file's name behind it the block is that file;
 *   so is any other block with a name (`csv`, `hcl`).
 * - `console`: a terminal, what is typed in it behind a prompt and what it shows.
 * - `text` right below a block: what that block prints. `…` stands for what varies: in a line, or for whole lines.
 *
 * Comments before a block, which readers do not see:
 *
 * - `run: {…}` other circumstances, see `Circumstances`.
 * - `seen: {"command": "…", …}` before a `text`: what prints it.
 * - `not run: …` why it cannot be.
 */
export type Step = Place &
  (
    | {
        readonly kind: 'shell' | 'sql';
        readonly text: string;
        readonly under: Circumstances;
        readonly prints?: Printed;
      }
    | { readonly kind: 'file'; readonly path: string; readonly text: string }
    | { readonly kind: 'console'; readonly text: string; readonly under: Circumstances }
    | { readonly kind: 'not run'; readonly reason: string; readonly text: string }
  );

export interface Place {
  /** The document as its errors name it. */
  readonly file: string;
  /** Of the block's first line, from 1. */
  readonly line: number;
}

export interface Circumstances {
  /** The local AWS's faults while it runs. */
  readonly faults?: object;
  /** 0 where nothing is said. */
  readonly exitCode?: number;
}

export interface Printed {
  readonly line: number;
  readonly text: string;
}

/** A document says something that cannot be run, or that is not so. */
export class GuideError extends Error {
  constructor({ file, line }: Place, message: string) {
    super(`${file}:${line}: ${message}`);
  }
}

interface Block extends Place {
  readonly language: string;
  readonly name: string | undefined;
  readonly text: string;
  readonly comment: Comment | undefined;
  /** Only blank lines stand between it and the block before. */
  readonly followsBlock: boolean;
}

interface Comment extends Place {
  readonly kind: 'run' | 'seen' | 'not run';
  readonly text: string;
}

const SHOWN_ONLY = ['mermaid'];

/** @throws GuideError for what nobody could run or check */
export function parseGuide(file: string, markdown: string): readonly Step[] {
  const steps: Step[] = [];
  for (const block of blocksOf(file, markdown)) {
    if (SHOWN_ONLY.includes(block.language)) continue;
    const last = steps.at(-1);
    if (block.language === 'text' && block.comment === undefined) steps.splice(-1, 1, withPrinted(last, block));
    else steps.push(stepOf(block));
  }
  return steps;
}

function withPrinted(step: Step | undefined, block: Block): Step {
  const isPrinted = step !== undefined && (step.kind === 'shell' || step.kind === 'sql') && step.prints === undefined;
  if (isPrinted && block.followsBlock) return { ...step, prints: { line: block.line, text: block.text } };
  throw new GuideError(block, 'nothing right before it prints this text');
}

function stepOf(block: Block): Step {
  const { file, line, language, name, text, comment } = block;
  const place = { file, line };
  if (comment?.kind === 'not run') return { ...place, kind: 'not run', reason: comment.text, text };
  if (language === 'text' && comment?.kind === 'seen') {
    const { command, ...under } = circumstancesOf(comment, ['command', 'faults', 'exitCode']);
    if (typeof command !== 'string') throw new GuideError(comment, '"seen" names no command');
    return { ...place, kind: 'shell', text: `${command}\n`, under, prints: { line, text } };
  }
  if (comment?.kind === 'seen') throw new GuideError(comment, '"seen" stands before a text only');
  if (name !== undefined) return { ...place, kind: 'file', path: name, text };
  const under = comment === undefined ? {} : circumstancesOf(comment, ['faults', 'exitCode']);
  switch (language) {
    case 'sh':
      return { ...place, kind: 'shell', text, under };
    case 'sql':
      return { ...place, kind: 'sql', text, under };
    case 'console':
      return { ...place, kind: 'console', text, under };
    default:
      throw new GuideError(block, `nobody knows how to run a block of ${JSON.stringify(language)}`);
  }
}

function circumstancesOf(comment: Comment, names: readonly string[]): Circumstances & { readonly command?: unknown } {
  try {
    const value = JSON.parse(comment.text) as Record<string, unknown>;
    const unknown = Object.keys(value).find((name) => !names.includes(name));
    if (unknown === undefined) return value;
    throw new GuideError(comment, `"${comment.kind}" knows no ${JSON.stringify(unknown)}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new GuideError(comment, `this is no JSON: ${error.message}`);
    throw error;
  }
}

function* blocksOf(file: string, markdown: string): Generator<Block> {
  const lines = markdown.split('\n');
  let comment: Comment | undefined;
  let followsBlock = false;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const place = { file, line: index + 1 };
    const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(line);
    if (fence === null) {
      const found = commentOf(line, place);
      if (found !== undefined && comment !== undefined) throw new GuideError(comment, 'no block follows this comment');
      if (found === undefined && line.trim() !== '' && comment !== undefined) {
        throw new GuideError(comment, 'no block follows this comment');
      }
      comment ??= found;
      if (line.trim() !== '') followsBlock = false;
      continue;
    }
    const [, indent, marks = '', language = '', name] = fence;
    if (indent !== '') throw new GuideError(place, 'a block must begin at the beginning of the line');
    const end = lines.indexOf(marks, index + 1);
    if (end === -1) throw new GuideError(place, 'the block has no end');
    const text = lines
      .slice(index + 1, end)
      .map((one) => `${one}\n`)
      .join('');
    if (text.trim() === '') throw new GuideError(place, 'the block is empty');
    yield { ...place, language, name: name === '' ? undefined : name, text, comment, followsBlock };
    [comment, followsBlock, index] = [undefined, true, end];
  }
  if (comment !== undefined) throw new GuideError(comment, 'no block follows this comment');
}

/** A comment that is for us; `place:` keeps a place for a text to come. */
function commentOf(line: string, place: Place): Comment | undefined {
  if (!line.includes('<!--')) return undefined;
  const [, kind, text = ''] = /^<!-- (run|seen|not run|place): (.*) -->$/.exec(line) ?? [];
  if (kind === 'place') return undefined;
  if (kind !== 'run' && kind !== 'seen' && kind !== 'not run') {
    throw new GuideError(place, 'a comment is one line of run, seen, not run or place');
  }
  if (text.trim().length < 3) throw new GuideError(place, `"${kind}" gives no reason`);
  return { ...place, kind, text: text.trim() };
}
