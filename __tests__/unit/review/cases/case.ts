import { reviewStack } from '../../../../src/review/report/review';
import { asText } from '../../../../src/review/report/text';
import { parseStack } from '../../../../src/review/stack';
import type { Edit } from '../edits';

export interface Case {
  readonly name: string;
  readonly edit: Edit;
  /** All that the review says; empty: that nothing changed. */
  readonly review: string;
}

/** What the review of an edit says, below its first line's `aurora-bg against HEAD: `. */
export function reviewOf(text: string, edit: Edit): string {
  const edited = edit(JSON.parse(text) as Parameters<Edit>[0]);
  const after = JSON.stringify(edited);
  const said = asText([reviewStack(parseStack('aurora-bg', text), parseStack('aurora-bg', after))], 'HEAD');
  return said.startsWith('No change') ? '' : said.replace('aurora-bg against HEAD: ', '');
}
