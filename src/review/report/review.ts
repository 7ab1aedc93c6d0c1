import { compareStacks, type Comparison, isUnchanged } from '../compare/stacks';
import type { Stack } from '../stack';
import { changeSections } from './changes';
import type { Section, StackReview } from './section';
import { oneLine } from './show';
import { summarySections } from './summaries';

/** What becomes of one stack. Undefined where there is none any more, or was none. */
export function reviewStack(base: Stack | undefined, head: Stack | undefined): StackReview {
  const name = head?.name ?? base?.name ?? '';
  const environment = head?.environment ?? base?.environment;
  const [before, after] = [base ?? emptyStack(name), head ?? emptyStack(name)];
  const comparison = compareStacks(before, after);
  if (isUnchanged(comparison)) return { stack: name, environment, summary: undefined, sections: [] };
  const sections = [...changeSections(after, comparison), ...summarySections(comparison.base, after)];
  const life = base === undefined ? 'a new stack: ' : head === undefined ? 'A STACK THAT IS GONE: ' : '';
  return {
    stack: name,
    environment,
    summary: `${life}${count(comparison)}`,
    sections: sections.filter(({ entries }) => entries.length > 0).map(printable),
  };
}

/** `resources: 1 added, 2 changed, 3 REPLACED, 1 removed; variables: 1` */
function count(comparison: Comparison): string {
  const { resources, consequences } = comparison;
  const replaced = resources.filter(({ forcedBy, rename }) => forcedBy.length > 0 || rename?.isMoved === false);
  const of = (kind: string): number => resources.filter((change) => change.kind === kind).length;
  const counts = [
    [of('added'), 'added'],
    [of('changed') - replaced.length, 'changed'],
    [replaced.length + consequences.length, 'REPLACED'],
    [of('removed'), 'removed'],
  ] as const;
  const said = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const others = [
    [comparison.variables, 'variables'],
    [comparison.locals, 'locals'],
    [comparison.outputs, 'outputs'],
    [comparison.data, 'data sources'],
    [comparison.settings, 'settings'],
    [[...comparison.moved.removed, ...comparison.moved.added], 'moved blocks'],
  ] as const;
  return [
    `resources: ${said.length === 0 ? 'none' : said.join(', ')}`,
    ...others.flatMap(([list, what]) => (list.length === 0 ? [] : [`${what}: ${list.length}`])),
  ].join('; ');
}

/** Names and values come from the change: not one of them may end a line or move the cursor. */
function printable({ title, entries }: Section): Section {
  return {
    title,
    entries: entries.map(({ mark, text, details }) => ({
      mark,
      text: oneLine(text),
      details: details.map((detail) => ({ mark: detail.mark, text: oneLine(detail.text) })),
    })),
  };
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
