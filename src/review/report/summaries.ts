import { compareText } from '../json';
import { type Cost, costs } from '../summary/cost';
import { exposure } from '../summary/exposure';
import type { Facts } from '../summary/facts';
import { ZONES } from '../summary/instances';
import { PRICES_FROM } from '../summary/prices';
import { rights } from '../summary/rights';
import { secrets } from '../summary/secrets';
import type { Stack } from '../stack';
import type { Entry, Section } from './section';

const SUMMARIES: readonly (readonly [title: string, facts: (stack: Stack) => Facts])[] = [
  ['Exposure', exposure],
  ['Rights', rights],
  ['Secrets', secrets],
];

/** What the change means: who reaches what, who may do what, where secrets are, what it costs. */
export function summarySections(base: Stack, head: Stack): Section[] {
  return [
    ...SUMMARIES.map(([title, facts]) => ({ title, entries: compareFacts(facts(base), facts(head)) })),
    {
      title: `Cost in USD a month, idle (${PRICES_FROM}, ${ZONES} zones, defaults)`,
      entries: compareCosts(costs(base), costs(head)),
    },
  ];
}

function compareFacts(base: Facts, head: Facts): Entry[] {
  const only = (one: Facts, other: Facts, mark: '+' | '-'): Entry[] =>
    [...one]
      .filter((fact) => !other.has(fact))
      .toSorted(compareText)
      .map((fact) => ({ mark, text: fact, details: [] }));
  return [...only(base, head, '-'), ...only(head, base, '+')];
}

function compareCosts(base: ReadonlyMap<string, Cost>, head: ReadonlyMap<string, Cost>): Entry[] {
  const entries = [...new Set([...base.keys(), ...head.keys()])].toSorted(compareText).flatMap((address): Entry[] => {
    const [before, after] = [base.get(address), head.get(address)].map(inWords);
    if (before === after || (before === FREE && after === money(0)) || (before === money(0) && after === FREE))
      return [];
    const mark = before === FREE ? '+' : after === FREE ? '-' : '~';
    return [{ mark, text: `${address}: ${before ?? FREE} → ${after ?? FREE}`, details: [] }];
  });
  if (entries.length === 0) return [];
  const [before, after] = [total(base), total(head)];
  const difference = after - before;
  const sign = difference < 0 ? '-' : '+';
  const isPartly = [...base.values(), ...head.values()].some(({ monthly }) => monthly === undefined);
  const text = `in all${isPartly ? ', without what is unknown' : ''}: ${money(before)} → ${money(after)} (${sign}${money(Math.abs(difference))})`;
  return [...entries, { mark: '~', text, details: [] }];
}

const FREE = 'nothing';

function inWords(cost: Cost | undefined): string {
  if (cost === undefined) return FREE;
  return cost.monthly === undefined ? `unknown: ${cost.why}` : money(cost.monthly);
}

function total(of: ReadonlyMap<string, Cost>): number {
  return [...of.values()].reduce((sum, { monthly = 0 }) => sum + monthly, 0);
}

function money(amount: number): string {
  return amount.toFixed(2);
}
