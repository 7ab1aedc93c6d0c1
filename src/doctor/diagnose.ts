import { CALLER_CHECKS } from './caller-checks';
import { type Check, type CheckResult, perform } from './check';
import { CLUSTER_CHECKS } from './cluster-checks';
import { DATABASE_CHECKS } from './database-checks';
import type { Facts } from './facts';
import { NETWORK_CHECKS } from './network-checks';
import { PATH_CHECKS } from './path-checks';
import { ROLE_CHECKS } from './role-checks';
import { TASK_DEFINITION_CHECKS } from './task-definition-checks';

export { type DoctorTarget, Facts } from './facts';

export const CHECKS: readonly Check[] = [
  ...CALLER_CHECKS,
  ...CLUSTER_CHECKS,
  ...TASK_DEFINITION_CHECKS,
  ...ROLE_CHECKS,
  ...NETWORK_CHECKS,
  ...PATH_CHECKS,
  ...DATABASE_CHECKS,
];

/**
 * Looks at all that a session needs, by calls that change nothing. The checks run at the same time, and their results
 * come in their order. @throws the signal's reason
 */
export async function* diagnose(facts: Facts): AsyncGenerator<CheckResult> {
  const results = CHECKS.map((check) => perform(check, facts));
  // When one throws, the others are not waited for.
  for (const result of results) result.catch(() => undefined);
  for (const result of results) yield await result;
}
