import type { Configuration, Resource } from './configuration';
import { elements, type Fields, isFields, objects, texts, type Value } from './value';

/** A policy that gives rights to whoever has it. */
export const IAM_POLICIES = ['aws_iam_role_policy', 'aws_iam_policy', 'aws_iam_user_policy', 'aws_iam_group_policy'];

/** The statements of a policy document: an object, or JSON as text. */
export function statements(document: Value | undefined): readonly Fields[] {
  return elements(document)
    .map((one) => (typeof one === 'string' && one.startsWith('{') ? (JSON.parse(one) as Value) : one))
    .filter((one) => isFields(one))
    .flatMap(({ Statement }) => objects(Statement));
}

export function allows({ Effect }: Fields): boolean {
  return Effect === 'Allow';
}

/** Whether a statement is about an action, such as `ssm:StartSession`. */
export function namesAction({ Action, NotAction }: Fields, action: string): boolean {
  const fits = (patterns: Value | undefined): boolean => texts(patterns).some((one) => matches(one, action));
  return NotAction === undefined ? fits(Action) : !fits(NotAction);
}

/** Everybody: `*`, `{ "AWS": "*" }`. */
export function isForEverybody({ Principal }: Fields): boolean {
  return objects(Principal)
    .concat([{ it: Principal ?? null }])
    .some((one) => Object.values(one).some((names) => texts(names).includes('*')));
}

export function isForAllResources({ Resource: resource }: Fields): boolean {
  return texts(resource).includes('*');
}

/** Resources that give rights, with the statements of theirs that allow something. */
export function allowing(configuration: Configuration): readonly (readonly [Resource, readonly Fields[]])[] {
  const own = configuration
    .ofType(...IAM_POLICIES)
    .map((one) => [one, statements(one.attributes.policy).filter(allows)] as const);
  const inline = configuration
    .ofType('aws_iam_role')
    .map(
      (role) =>
        [
          role,
          objects(role.attributes.inline_policy).flatMap(({ policy }) => statements(policy).filter(allows)),
        ] as const,
    );
  return [...own, ...inline];
}

/** IAM's patterns: `*` and `?`, and case does not matter. What only a plan knows may be anything. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/\$\{[^}]*\}/g, '*')
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(text);
}
