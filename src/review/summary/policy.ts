import { asList, isObject, type Json, type JsonObject } from '../json';
import { show, showBare } from '../report/show';

/** The statements of an IAM policy document, one sentence for each action and resource. */
export function statements(document: Json): string[] {
  if (!isObject(document)) return [`${show(document)} (a document that is not written here)`];
  return asList(document.Statement).flatMap((statement) =>
    isObject(statement) ? sentences(statement) : [`${show(statement)} (a statement that is not written here)`],
  );
}

function sentences(statement: JsonObject): string[] {
  const effect = statement.Effect === 'Deny' ? 'deny' : 'allow';
  const who = statement.Principal ?? statement.NotPrincipal;
  const principal =
    who === undefined ? '' : ` by ${statement.NotPrincipal === undefined ? '' : 'all but '}${principals(who)}`;
  const condition = statement.Condition === undefined ? '' : ` if ${show(statement.Condition)}`;
  const actions = [
    ...asList(statement.Action).map((action) => showBare(action)),
    ...asList(statement.NotAction).map((action) => `all but ${showBare(action)}`),
  ];
  const resources = [
    ...asList(statement.Resource).map((one) => `on ${showBare(one)}`),
    ...asList(statement.NotResource).map((one) => `on all but ${showBare(one)}`),
  ];
  return actions.flatMap((action) =>
    (resources.length === 0 ? [''] : resources).map((resource) => {
      const mark = effect === 'allow' ? wildcard(action, resource) : '';
      return `${effect} ${action}${resource === '' ? '' : ` ${resource}`}${principal}${condition}${mark}`;
    }),
  );
}

/** Deny narrows; only what is allowed can be too wide. */
function wildcard(action: string, resource: string): string {
  const wide = [
    ...(/\*|^all but/.test(action) ? ['actions'] : []),
    ...(/^on (\*|all but)/.test(resource) ? ['resources'] : []),
  ];
  return wide.length === 0 ? '' : ` (WILDCARD: ${wide.join(' and ')})`;
}

function principals(who: Json): string {
  if (!isObject(who)) return who === '*' ? 'ANYBODY' : showBare(who);
  return Object.entries(who)
    .flatMap(([kind, names]) => asList(names).map((name) => (name === '*' ? 'ANYBODY' : `${kind} ${showBare(name)}`)))
    .join(', ');
}
