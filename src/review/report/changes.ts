import { type Consequence, reachOf } from '../compare/consequences';
import { type Change, type Comparison, type ResourceChange, topLevel } from '../compare/stacks';
import { knowsReplacement, lostWith } from '../provider/replacement';
import { type Stack, typeOf } from '../stack';
import { Details } from './details';
import type { Detail, Entry, Mark, Section } from './section';

/** What changed in the stack's text, and what is replaced because of it. */
export function changeSections(head: Stack, comparison: Comparison): Section[] {
  const { base, resources, consequences, variables, locals, outputs, data, settings, moved } = comparison;
  const details = new Details(base, head);
  const entries = (changes: readonly Change[]): Entry[] => changes.map((change) => elementEntry(details, change));
  const withReaches = (changes: readonly Change[]): Entry[] =>
    changes.map((change) => withReach(head, elementEntry(details, change), change));
  return [
    { title: 'Resources', entries: resources.map((change) => resourceEntry(details, change)) },
    { title: 'Destroyed and created again in consequence', entries: consequenceEntries(consequences) },
    { title: 'Variables', entries: withReaches(variables) },
    { title: 'Locals', entries: withReaches(locals) },
    { title: 'Outputs', entries: entries(outputs) },
    { title: 'Data sources', entries: entries(data) },
    { title: 'Settings', entries: entries(settings) },
    {
      title: 'Moved blocks',
      entries: (['removed', 'added'] as const).flatMap((kind) =>
        moved[kind].map(({ from, to }): Entry => ({
          mark: kind === 'added' ? '+' : '-',
          text: `${from} → ${to}`,
          details: [],
        })),
      ),
    },
  ];
}

function resourceEntry(details: Details, change: ResourceChange): Entry {
  const { address, forcedBy } = change;
  const { mark, remark } = verdict(change);
  const isUnknown = mark === '~' && !knowsReplacement(address);
  return {
    mark,
    text: `${address}${remark}`,
    details: [...details.of(change, forcedBy), ...(isUnknown ? [UNKNOWN_REPLACEMENT] : [])],
  };
}

const UNKNOWN_REPLACEMENT: Detail = {
  mark: ' ',
  text: 'whether this replaces it is not known here; `npx cdktf diff` tells',
};

function verdict({ address, kind, rename, forcedBy, isAdoptedOrForgotten }: ResourceChange): {
  mark: Mark;
  remark: string;
} {
  if (kind === 'added') return { mark: '+', remark: isAdoptedOrForgotten ? ': imported, not created' : '' };
  if (kind === 'removed') {
    return { mark: '-', remark: isAdoptedOrForgotten ? ': forgotten, not destroyed' : loss(address) };
  }
  const again = `: destroyed and created again${loss(address)}`;
  if (rename !== undefined && !rename.isMoved) {
    return { mark: '-/+', remark: `: ${rename.from} renamed WITHOUT A MOVED BLOCK${again}` };
  }
  const name = rename === undefined ? '' : `: ${rename.from} renamed with a moved block`;
  if (forcedBy.length > 0) {
    const isRevision = typeOf(address) === 'aws_ecs_task_definition';
    return { mark: '-/+', remark: `${name}${isRevision ? remarkOfReplacement(address) : again}` };
  }
  return { mark: rename === undefined ? '~' : '>', remark: name };
}

function loss(address: string): string {
  const lost = lostWith(address);
  return lost === undefined ? '' : `: ${lost}`;
}

/** What a replacement means for this one; a task definition cannot be changed at all, and its next revision harms nobody. */
function remarkOfReplacement(address: string): string {
  return typeOf(address) === 'aws_ecs_task_definition' ? ': a new revision' : loss(address);
}

function elementEntry(details: Details, change: Change): Entry {
  const { address, kind } = change;
  return {
    mark: kind === 'added' ? '+' : kind === 'removed' ? '-' : '~',
    text: address,
    details: details.of(change),
  };
}

/** Those with the same attribute and cause are one entry, except where something is lost. */
function consequenceEntries(consequences: readonly Consequence[]): Entry[] {
  const groups = new Map<string, string[]>();
  for (const { address, attribute, cause } of consequences) {
    const why = `: ${attribute} comes from ${cause}${remarkOfReplacement(address)}`;
    groups.set(why, [...(groups.get(why) ?? []), address]);
  }
  return [...groups].map(([why, addresses]) => ({ mark: '-/+', text: `${addresses.join(', ')}${why}`, details: [] }));
}

/** Resources that a line names; more are counted. */
const NAMED = 4;

/** Says what a default or a local gets to: the resources themselves stand there as they did. */
function withReach(head: Stack, entry: Entry, { address, kind, differences }: Change): Entry {
  const hasNewValue = address.startsWith('local.') || differences.some(({ path }) => topLevel(path) === 'default');
  if (kind !== 'changed' || !hasNewValue) return entry;
  const reached = reachOf(head, address);
  if (reached.length === 0) return entry;
  const named = reached.slice(0, NAMED).join(', ');
  // A default counts only where nobody sets the variable.
  const where = address.startsWith('var.') ? 'reaches, where it is not set otherwise' : 'reaches';
  const rest = reached.length > NAMED ? ` and ${reached.length - NAMED} more` : '';
  return { ...entry, details: [...entry.details, { mark: ' ', text: `${where}: ${named}${rest}` }] };
}
