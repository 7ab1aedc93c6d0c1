import type { Configuration } from './configuration';
import type { Rule } from './rule';
import { DATABASE_RULES } from './rules/database';
import { ECS_RULES } from './rules/ecs';
import { IAM_RULES } from './rules/iam';
import { LOG_RULES } from './rules/logs';
import { NETWORK_RULES } from './rules/network';
import { OWN_RULES } from './rules/own';
import type { Suppression } from './suppressions';

export const RULES: readonly Rule[] = [
  ...OWN_RULES,
  ...DATABASE_RULES,
  ...NETWORK_RULES,
  ...ECS_RULES,
  ...IAM_RULES,
  ...LOG_RULES,
];

export interface Finding {
  readonly rule: string;
  /** Ids of the same rule in other scanners. */
  readonly also: readonly string[];
  readonly address: string;
  readonly what: string;
  readonly remedy: string;
  /** Why it stays; undefined: it should not. */
  readonly suppressed?: string;
}

/** What rules find, in their order. */
export function check(
  configuration: Configuration,
  suppressions: readonly Suppression[],
  rules: readonly Rule[] = RULES,
): readonly Finding[] {
  return rules.flatMap(({ id, also = [], what, remedy, violations }) =>
    violations(configuration).map(({ address }): Finding => {
      const suppression = suppressions.find((one) => one.rule === id && one.address === address);
      const suppressed = suppression === undefined ? {} : { suppressed: suppression.reason };
      return { rule: id, also, address, what, remedy, ...suppressed };
    }),
  );
}

/** Those that are not suppressed. */
export function open(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ suppressed }) => suppressed === undefined);
}
