import { asList, isObject, type Json, type JsonObject, textOf } from '../json';
import { decode } from '../expression/decode';
import { parseTemplate } from '../expression/parse';
import { referencesOf } from '../expression/references';
import { type Stack, typeOf } from '../stack';
import { Defaults, type Facts } from './facts';
import { statements } from './policy';

/** What each role may do, and who may take it on. */
export function rights(stack: Stack): Facts {
  const defaults = new Defaults(stack);
  return new Set([...stack.resources].flatMap(([address, block]) => factsOf(stack, defaults, address, block)));
}

function factsOf(stack: Stack, defaults: Defaults, address: string, block: JsonObject): string[] {
  const inRole = (policy: Json | undefined): string[] =>
    documents(stack, policy).map((statement) => `${roleOf(block.role)}: ${statement}`);
  switch (typeOf(address)) {
    case 'aws_iam_role':
      return [
        ...documents(stack, block.assume_role_policy).map((statement) => `${address}: trust: ${statement}`),
        ...asList(block.inline_policy)
          .filter(isObject)
          .flatMap(({ policy }) => documents(stack, policy))
          .map((statement) => `${address}: ${statement}`),
        ...asList(block.managed_policy_arns).map((arn) => `${address}: the policy ${name(defaults, arn)}`),
      ];
    case 'aws_iam_role_policy':
      return inRole(block.policy);
    case 'aws_iam_role_policy_attachment':
      return [`${roleOf(block.role)}: the policy ${name(defaults, block.policy_arn ?? null)}`];
    case 'aws_iam_policy':
      return documents(stack, block.policy).map((statement) => `${address}: ${statement}`);
    case 'aws_iam_user':
      return [`${address}: a user`];
    case 'aws_iam_access_key':
      return [`${address}: A LASTING ACCESS KEY`];
    default:
      return [];
  }
}

function documents(stack: Stack, policy: Json | undefined): string[] {
  if (policy === undefined || policy === null) return [];
  const [reference] = typeof policy === 'string' ? referencesOf(parseTemplate(policy)) : [];
  const source = reference?.attribute === 'json' ? stack.data.get(reference.address) : undefined;
  return statements(source === undefined ? decode(policy) : documentOf(source));
}

/** The JSON that `data.aws_iam_policy_document` makes of its blocks. */
function documentOf(data: JsonObject): Json {
  return {
    Statement: asList(data.statement)
      .filter(isObject)
      .map((statement) => ({
        Effect: statement.effect ?? 'Allow',
        ...named('Action', statement.actions),
        ...named('NotAction', statement.not_actions),
        ...named('Resource', statement.resources),
        ...named('NotResource', statement.not_resources),
        ...named('Principal', principalsOf(statement.principals)),
        ...named('Condition', statement.condition),
      })),
  };
}

function principalsOf(blocks: Json | undefined): Json | undefined {
  const all = asList(blocks).filter(isObject);
  return all.length === 0
    ? undefined
    : Object.fromEntries(all.map(({ type, identifiers }) => [textOf(type), identifiers ?? []]));
}

function named(key: string, value: Json | undefined): JsonObject {
  return value === undefined || value === null ? {} : { [key]: value };
}

/** The role that a policy belongs to, by its address. */
function roleOf(role: Json | undefined): string {
  const [reference] = typeof role === 'string' ? referencesOf(parseTemplate(role)) : [];
  return reference?.address ?? textOf(role);
}

/** The last part of an ARN of AWS's own, else as it is written. */
function name(defaults: Defaults, arn: Json): string {
  const text = typeof arn === 'string' ? arn : '';
  const [, own] = /:iam::aws:policy\/(.*)$/.exec(text) ?? [];
  if (own === undefined) return defaults.show(arn);
  return `${own} of AWS${/AdministratorAccess|FullAccess|PowerUser/.test(own) ? ' (WILDCARD)' : ''}`;
}
