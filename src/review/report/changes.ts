import { reachOf } from '../compare/consequences';
import type { Difference } from '../compare/difference';
import { type Change, type Comparison, type ResourceChange, topLevel } from '../compare/stacks';
import type { Json } from '../json';
import { forcesReplacement, knowsReplacement, lostWith } from '../provider/replacement';
import { HIDDEN, isSecretName, withoutSecrets } from '../secret';
import type { Stack } from '../stack';
import type { Entry, Mark, Section } from './section';
import { oneLine, show, showBoth } from './show';

/** What changed in the stack's text, and what is replaced because of it. */
export function changeSections(head: Stack, comparison: Comparison): Section[] {
  const { resources, consequences, variables, locals, outputs, data, settings, moved } = comparison;
  return [
    { title: 'Resources', entries: resources.map(resourceEntry) },
    {
      title: 'Destroyed and created again in consequence',
      entries: consequences.map(({ address, attribute, cause }) => ({
        mark: '-/+',
        text: `${address}: its ${attribute} comes from ${cause}${loss(address)}`,
        details: [],
      })),
    },
    { title: 'Variables', entries: variables.map((change) => withReach(head, elementEntry(change), change)) },
    { title: 'Locals', entries: locals.map((change) => withReach(head, elementEntry(change), change)) },
    { title: 'Outputs', entries: outputs.map(elementEntry) },
    { title: 'Data sources', entries: data.map(elementEntry) },
    { title: 'Settings', entries: settings.map(elementEntry) },
    {
      title: 'Moved blocks',
      entries: (['removed', 'added'] as const).flatMap((kind) =>
        moved[kind].map(({ from, to }): Entry => ({
          mark: kind === 'added' ? '+' : '-',
          text: oneLine(`${from} → ${to}`),
          details: [],
        })),
      ),
    },
  ];
}

function resourceEntry(change: ResourceChange): Entry {
  const { address, differences } = change;
  const { mark, remark } = verdict(change);
  const unknown =
    mark === '~' && !knowsReplacement(address)
      ? [{ mark: ' ' as const, text: 'whether this replaces it is not known here: ask `npx cdktf diff`' }]
      : [];
  return {
    mark,
    text: `${address}${remark}`,
    details: [...differences.map((difference) => detail(address, difference, change.kind)), ...unknown],
  };
}

function verdict({ address, kind, rename, forcedBy, isAdoptedOrForgotten }: ResourceChange): {
  mark: Mark;
  remark: string;
} {
  if (kind === 'added') return { mark: '+', remark: isAdoptedOrForgotten ? ': imported, not created' : '' };
  if (kind === 'removed') {
    return { mark: '-', remark: isAdoptedOrForgotten ? ': forgotten, not destroyed' : loss(address) };
  }
  const again = `destroyed and created again${loss(address)}`;
  if (rename !== undefined && !rename.isMoved) {
    return { mark: '-/+', remark: `: ${rename.from} renamed WITHOUT A MOVED BLOCK: ${again}` };
  }
  const name = rename === undefined ? '' : `: ${rename.from} renamed with a moved block`;
  if (forcedBy.length > 0) {
    const remark = address.startsWith('aws_ecs_task_definition.') ? 'a new revision' : again;
    return { mark: '-/+', remark: `${name}: ${remark}` };
  }
  return { mark: rename === undefined ? '~' : '>', remark: name };
}

function loss(address: string): string {
  const lost = lostWith(address);
  return lost === undefined ? '' : `, with ${lost}`;
}

function elementEntry({ address, kind, differences }: Change): Entry {
  return {
    mark: kind === 'added' ? '+' : kind === 'removed' ? '-' : '~',
    text: address,
    details: differences.map((difference) => detail(address, difference, kind)),
  };
}

function detail(address: string, { path, before, after }: Difference, kind: Change['kind']): Entry['details'][number] {
  if (kind === 'added')
    return { mark: ' ', text: `${path}${path === '' ? '' : ': '}${shown(address, path, after ?? null)}` };
  const forces = kind === 'changed' && forcesReplacement(address, topLevel(path)) ? ' (forces replacement)' : '';
  const name = path === '' ? '' : `${path}: `;
  if (before === undefined) return { mark: '+', text: `${name}${shown(address, path, after ?? null)}${forces}` };
  if (after === undefined) return { mark: '-', text: `${name}${shown(address, path, before)}${forces}` };
  const [old, young] = showBoth(masked(address, path, before), masked(address, path, after));
  return { mark: '~', text: `${name}${old} → ${young}${forces}` };
}

function shown(address: string, path: string, value: Json): string {
  const text = show(masked(address, path, value));
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** What one line shows of a value that came or went. */
const MOST = 200;

function masked(address: string, path: string, value: Json): Json {
  const [root, name = ''] = address.split('.');
  if (root === 'var' && path === 'default' && isSecretName(name) && value !== '') return HIDDEN;
  return withoutSecrets(value, root === 'var' || root === 'local' ? `${name}.${path}` : path);
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
  const rest = reached.length > NAMED ? ` and ${reached.length - NAMED} more` : '';
  return { ...entry, details: [...entry.details, { mark: ' ', text: `reaches ${named}${rest}` }] };
}
