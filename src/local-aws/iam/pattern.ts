/** What a call brings to be judged by: one value of a key, or several. IAM takes keys in any case. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** The values of a key; undefined when the request has none. */
export function contextValues(context: RequestContext, key: string): readonly string[] | undefined {
  const wanted = key.toLowerCase();
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (found === undefined) return undefined;
  const values = typeof found === 'string' ? [found] : found;
  return values.length === 0 ? undefined : values;
}

/** Fills in a policy's variables; undefined when the request has no value for one. */
export type Fill = (text: string) => FilledText | undefined;

/** A policy's text with its variables filled in: wildcards act in the text, not in what was filled in. */
export type FilledText = readonly { readonly text: string; readonly isLiteral: boolean }[];

const VARIABLE = /\$\{([^}]*)\}/;

/**
 * The text of a policy with the request's values in the place of `${key}` and `${key, 'default'}`; undefined when there
 * is no value for one, which is then equal to nothing and like nothing. `${*}`, `${?}` and `${$}` are those characters.
 */
export function fillVariables(text: string, context: RequestContext): FilledText | undefined {
  // `split` with a group: text, variable, text, …
  const parts = text.split(VARIABLE).map((part, at) => {
    if (at % 2 === 0) return { text: part, isLiteral: false };
    const value = variableValue(part, context);
    return value === undefined ? undefined : { text: value, isLiteral: true };
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** Policies of a version before 2012-10-17 know no variables. */
export function withoutVariables(text: string): FilledText {
  return [{ text, isLiteral: false }];
}

export function plainText(filled: FilledText): string {
  return filled.map(({ text }) => text).join('');
}

/** `*` is any text, `?` any character. */
export function matches(filled: FilledText, value: string, flags = ''): boolean {
  const source = filled.map(({ text, isLiteral }) => (isLiteral ? escape(text) : wildcards(text))).join('');
  return new RegExp(`^${source}$`, `s${flags}`).test(value);
}

/** The six parts of an ARN are compared one by one, so that a wildcard stays within its own. */
export function matchesArn(filled: FilledText, value: string): boolean {
  const [parts, values] = [arnParts(filled), value.split(':')];
  const resource = values.splice(5).join(':');
  return (
    parts.length === 6 &&
    values.length === 5 &&
    parts.every((part, at) => matches(part, at === 5 ? resource : (values[at] ?? '')))
  );
}

function variableValue(variable: string, context: RequestContext): string | undefined {
  if (['*', '?', '$'].includes(variable)) return variable;
  const [, key = variable, byDefault] = /^([^,]*?)\s*,\s*'(.*)'$/s.exec(variable.trim()) ?? [];
  const values = contextValues(context, key.trim());
  return values?.length === 1 ? values[0] : byDefault;
}

function arnParts(filled: FilledText): readonly FilledText[] {
  const parts: { text: string; isLiteral: boolean }[][] = [[]];
  for (const { text, isLiteral } of filled) {
    text.split(':').forEach((piece, at) => {
      // The colons of the resource part nothing.
      if (at > 0 && parts.length < 6) parts.push([{ text: piece, isLiteral }]);
      else parts.at(-1)?.push({ text: at === 0 ? piece : `:${piece}`, isLiteral });
    });
  }
  return parts;
}

function wildcards(text: string): string {
  return escape(text).replaceAll('\\*', '.*').replaceAll('\\?', '.');
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
