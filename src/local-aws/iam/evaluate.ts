import { type Json, record } from '../aws-api';
import { type Condition, readCondition, texts } from './conditions';
import { fillVariables, type Fill, matches, type RequestContext, withoutVariables } from './pattern';

/** One thing that somebody wants to do. */
export interface AuthorizationRequest {
  /** Such as `ecs:RunTask`. */
  readonly action: string;
  /** An ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** An identity policy as somebody wrote it; what its statements are is seen when it is evaluated. */
export interface Policy {
  readonly Version?: string;
  readonly Statement: unknown;
}

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

interface Statement {
  readonly isDeny: boolean;
  readonly action: Scope;
  readonly resource: Scope;
  readonly condition: Condition;
}

/** What is named, or with `Not…` all but that. */
interface Scope {
  readonly patterns: readonly string[];
  readonly isInverted: boolean;
}

/**
 * Decides as IAM does with one identity policy: a statement that denies wins, and what none allows is denied.
 * @throws Error for what is no policy, also in statements that have nothing to do with the request
 */
export function evaluate(policy: Policy, request: AuthorizationRequest): Decision {
  const fill: Fill =
    policy.Version === '2012-10-17' ? (text) => fillVariables(text, request.context) : withoutVariables;
  const matching = readStatements(policy).filter((statement) => applies(statement, request, fill));
  if (matching.some(({ isDeny }) => isDeny)) return 'explicitDeny';
  return matching.length > 0 ? 'allowed' : 'implicitDeny';
}

function applies({ action, resource, condition }: Statement, request: AuthorizationRequest, fill: Fill): boolean {
  return (
    isInScope(action, (pattern) => matches(withoutVariables(pattern), request.action, 'i')) &&
    isInScope(resource, (pattern) => {
      const filled = fill(pattern);
      return filled !== undefined && matches(filled, request.resource);
    }) &&
    condition(request.context, fill)
  );
}

function isInScope({ patterns, isInverted }: Scope, isMatch: (pattern: string) => boolean): boolean {
  return patterns.some(isMatch) !== isInverted;
}

function readStatements({ Statement: statements }: Policy): Statement[] {
  return (Array.isArray(statements) ? statements : [statements]).map((one: unknown) => {
    const statement = record(one);
    if (statement === undefined) throw new Error('The policy has no Statement, or one that is no object');
    const { Effect: effect } = statement;
    if (effect !== 'Allow' && effect !== 'Deny') throw new Error('The Effect of a statement is Allow or Deny');
    return {
      isDeny: effect === 'Deny',
      action: readScope(statement, 'Action'),
      resource: readScope(statement, 'Resource'),
      condition: readCondition(statement.Condition),
    };
  });
}

function readScope(statement: Json, name: 'Action' | 'Resource'): Scope {
  const [named, others] = [statement[name], statement[`Not${name}`]];
  if ((named === undefined) === (others === undefined)) {
    throw new Error(`A statement has ${name} or Not${name}, and one of them only`);
  }
  return { patterns: texts(named ?? others), isInverted: named === undefined };
}
