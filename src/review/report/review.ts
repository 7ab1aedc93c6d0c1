import { compareStacks, type Comparison, isUnchanged } from '../compare/stacks';
import type { Stack } from '../stack';
import { changeSections } from './changes';
import type { StackReview } from './section';
import { summarySections } from './summaries';

/** What becomes of one stack. Undefined where there is none any more, or was none. */
export function reviewStack(base: Stack | undefined, head: Stack | undefined): StackReview {
  const name = head?.name ?? base?.name ?? '';
  const [before, after] = [base ?? emptyStack(name), head ?? emptyStack(name)];
  const comparison = compareStacks(before, after);
  if (isUnchanged(comparison)) return { stack: name, summary: undefined, sections: [] };
  const sections = [...changeSections(after, comparison), ...summarySections(comparison.base, after)];
  const life = base === undefined ? 'a new stack: ' : head === undefined ? 'A STACK THAT IS GONE: ' : '';
  return {
    stack: name,
    summary: `${life}${count(comparison)}`,
    sections: sections.filter(({ entries }) => entries.length > 0),
  };
}

/** `1 added, 2 changed, 3 replaced, 1 removed`; resources alone. */
function count({ resources, consequences }: Comparison): string {
  const replaced = resources.filter(({ forcedBy, rename }) => forcedBy.length > 0 || rename?.isMoved === false);
  const of = (kind: string): number => resources.filter((change) => change.kind === kind).length;
  const counts = [
    [of('added'), 'added'],
    [of('changed') - replaced.length, 'changed'],
    [replaced.length + consequences.length, 'REPLACED'],
    [of('removed'), 'removed'],
  ] as const;
  const said = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return said.length === 0 ? 'no resource by itself' : `resources: ${said.join(', ')}`;
}

function emptyStack(name: string): Stack {
  const none = new Map<string, never>();
  return {
    name,
    resources: none,
    data: none,
    variables: none,
    locals: none,
    outputs: none,
    settings: none,
    moved: [],
    forgotten: new Set(),
    imported: new Set(),
  };
}
