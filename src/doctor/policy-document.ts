/** An IAM policy, as far as it is read here. */
export interface PolicyDocument {
  readonly Statement?: Statement | readonly Statement[];
}

export interface Statement {
  readonly Effect?: string;
  readonly Principal?: Readonly<Record<string, OneOrMany>> | string;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Condition?: object;
}

type OneOrMany = string | readonly string[];

/** `depends`: a statement with a condition decides, and conditions are not judged here. */
export type Decision = 'allowed' | 'depends' | 'denied';

/** What policies say together about one action. @param resource left away: any one */
export function decide(documents: readonly PolicyDocument[], action: string, resource?: string): Decision {
  const matching = documents
    .flatMap(({ Statement: one = [] }) => one)
    .filter((statement) => concerns(statement, action, resource));
  const [allow, deny] = ['Allow', 'Deny'].map((effect) => matching.filter(({ Effect }) => Effect === effect));
  if (deny?.some(isUnconditional) === true) return 'denied';
  if (allow === undefined || allow.length === 0) return 'denied';
  return deny?.length === 0 && allow.some(isUnconditional) ? 'allowed' : 'depends';
}

/** The least of several decisions. */
export function least(decisions: readonly Decision[]): Decision {
  return (['denied', 'depends'] as const).find((one) => decisions.includes(one)) ?? 'allowed';
}

/** Whether a role's trust policy lets a service take it on. */
export function trusts({ Statement: statements = [] }: PolicyDocument, service: string): boolean {
  return [statements].flat().some(({ Effect, Principal, Action }) => {
    if (Effect !== 'Allow' || !matchesAny(Action, 'sts:AssumeRole')) return false;
    return Principal === '*' || (typeof Principal === 'object' && [Principal.Service ?? []].flat().includes(service));
  });
}

/** IAM gives documents URL-encoded. */
export function parsePolicy(text: string): PolicyDocument {
  try {
    const value: unknown = JSON.parse(text.startsWith('%') ? decodeURIComponent(text) : text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // allows nothing
  }
}

function concerns(statement: Statement, action: string, resource: string | undefined): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const ofAction = NotAction === undefined ? matchesAny(Action, action) : !matchesAny(NotAction, action);
  if (!ofAction || resource === undefined) return ofAction;
  return NotResource === undefined ? matchesAny(Resource, resource, 's') : !matchesAny(NotResource, resource, 's');
}

function isUnconditional({ Condition }: Statement): boolean {
  return Condition === undefined || Object.keys(Condition).length === 0;
}

/** IAM's patterns: `*` is any text and `?` any character; actions know no case, and resources do. */
function matchesAny(patterns: OneOrMany = [], value: string, flags: 's' | 'si' = 'si'): boolean {
  return [patterns].flat().some((pattern) => {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags).test(value);
  });
}
