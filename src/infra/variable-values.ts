import { UserError } from '../errors';
import type { VariableDeclaration } from './variable-declaration';

/** What one environment sets of the stack's variables. */
export interface VariableValues {
  /** The environment's name, for errors. */
  readonly environment: string;
  /** In the place of the variables' own defaults: `TF_VAR_…` and `-var` still win. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Defaults that nothing may overrule, since the stack is found by them: texts of letters, digits and hyphens. */
  readonly fixed: Readonly<Record<string, string>>;
}

export class VariableValueError extends UserError {
  constructor({ environment }: VariableValues, message: string) {
    super(`The variables of environment ${environment}: ${message}`, 'Correct `context.environments` in cdktf.json');
  }
}

/**
 * The declarations with an environment's values.
 * @throws VariableValueError where a value is of another type than its variable
 */
export function withValues<Name extends string>(
  declarations: Readonly<Record<Name, VariableDeclaration>>,
  values: VariableValues | undefined,
): Readonly<Record<Name, VariableDeclaration>> {
  if (values === undefined) return declarations;
  const entries = Object.entries<VariableDeclaration>(declarations).map(([name, declaration]) => [
    name,
    withValue(name, declaration, values),
  ]);
  return Object.fromEntries(entries) as Record<Name, VariableDeclaration>;
}

/** @throws VariableValueError where a variable is not among the declared */
export function refuseOthers(values: VariableValues | undefined, declared: readonly string[]): void {
  for (const name of Object.keys(values?.defaults ?? {})) {
    if (values === undefined || declared.includes(name)) continue;
    throw new VariableValueError(values, `the stack has none called ${name}, but: ${declared.join(', ')}`);
  }
}

function withValue(name: string, declaration: VariableDeclaration, values: VariableValues): VariableDeclaration {
  const { environment, defaults, fixed } = values;
  if (Object.hasOwn(fixed, name)) {
    const value = fixed[name];
    const isIt = {
      condition: `\${var.${name} == "${value}"}`,
      errorMessage: `${name} is ${value} in the environment ${environment}: it is set in cdktf.json, and nowhere else.`,
    };
    return { ...declaration, default: value, validation: [...(declaration.validation ?? []), isIt] };
  }
  if (!Object.hasOwn(defaults, name)) return declaration;
  const value = defaults[name];
  if (!isOfType(declaration.type, value)) {
    throw new VariableValueError(values, `${name} is ${JSON.stringify(value)}, expected ${EXPECTED[declaration.type]}`);
  }
  return { ...declaration, default: value };
}

type Type = VariableDeclaration['type'];

const EXPECTED: Readonly<Record<Type, string>> = {
  string: 'a text',
  number: 'a number',
  bool: 'true or false',
  'map(string)': 'an object of texts',
};

function isOfType(type: Type, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'map(string)':
      return (
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((one) => typeof one === 'string')
      );
  }
}
