import { TerraformVariable } from 'cdktf';
import type { Construct } from 'constructs';

/** One Terraform variable. Conditions are Terraform expressions: they run in Terraform, with the user's values. */
export interface VariableDeclaration {
  readonly type: 'string' | 'number' | 'bool' | 'map(string)';
  readonly description: string;
  readonly default?: unknown;
  readonly sensitive?: true;
  readonly validation?: readonly { readonly condition: string; readonly errorMessage: string }[];
}

/** The condition that the whole value has a form. A backslash in the pattern stands for two: HCL reads it once more. */
export function matches(name: string, pattern: string): string {
  return `\${can(regex("${pattern}", var.${name}))}`;
}

export function isWholeBetween(name: string, low: number, high: number): string {
  return `\${var.${name} >= ${low} && var.${name} <= ${high} && floor(var.${name}) == var.${name}}`;
}

/** Terraform variables by their names. */
export function declare<Name extends string>(
  scope: Construct,
  declarations: Readonly<Record<Name, VariableDeclaration>>,
): Record<Name, TerraformVariable> {
  const variables: Partial<Record<Name, TerraformVariable>> = {};
  for (const name of Object.keys(declarations) as Name[]) {
    const { type, description, sensitive, validation, ...rest } = declarations[name];
    const variable = new TerraformVariable(scope, name, {
      type,
      description,
      ...(sensitive === true ? { sensitive } : {}),
      ...(validation === undefined ? {} : { validation: [...validation] }),
    });
    // Through the constructor the keys of a map default come out in snake case, and null throws.
    if ('default' in rest) variable.addOverride('default', rest.default);
    variables[name] = variable;
  }
  return variables as Record<Name, TerraformVariable>;
}
