import type { Difference } from '../compare/difference';
import { type Change, topLevel } from '../compare/stacks';
import { isObject, type Json } from '../json';
import { allMasked, carriersOf, masked } from '../secret/mask';
import type { Stack } from '../stack';
import type { Detail } from './section';
import { shortened, show, showBoth } from './show';

/** Prints what changed within an element, without the secrets of either stack. */
export class Details {
  private readonly secret: ReadonlySet<string>;

  constructor(...stacks: readonly Stack[]) {
    this.secret = new Set(stacks.flatMap((stack) => [...carriersOf(stack), ...sensitiveVariables(stack)]));
  }

  /** @param forcedBy attributes whose change replaces the element */
  of({ address, kind, differences }: Change, forcedBy: readonly string[] = []): Detail[] {
    return differences.map((difference) => {
      const forces = forcedBy.includes(topLevel(difference.path)) ? ' (forces replacement)' : '';
      const { mark, text } = this.one(address, difference);
      return { mark: kind === 'added' ? ' ' : mark, text: `${text}${forces}` };
    });
  }

  private one(address: string, { path, before, after }: Difference): Detail {
    const name = path === '' ? '' : `${path}: `;
    if (before === undefined) return { mark: '+', text: `${name}${this.shown(address, path, after ?? null)}` };
    if (after === undefined) return { mark: '-', text: `${name}${this.shown(address, path, before)}` };
    const [old, young] = showBoth(this.masked(address, path, before), this.masked(address, path, after));
    return { mark: '~', text: `${name}${old} → ${young}` };
  }

  private shown(address: string, path: string, value: Json): string {
    return shortened(show(this.masked(address, path, value)));
  }

  private masked(address: string, path: string, value: Json): Json {
    const isValue = !address.startsWith('var.') || topLevel(path) === 'default';
    if (!isValue) return value;
    return this.secret.has(address) ? allMasked(value) : masked(value, path);
  }
}

function sensitiveVariables({ variables }: Stack): string[] {
  return [...variables]
    .filter(([, block]) => isObject(block) && block.sensitive === true)
    .map(([name]) => `var.${name}`);
}
