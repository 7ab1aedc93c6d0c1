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
