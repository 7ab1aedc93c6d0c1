/** An expression of Terraform's language, as far as a review needs it. `text` is what it was written as. */
export type Expression = { readonly text: string } & (
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** Text with `${…}` in it. */
  | { readonly kind: 'template'; readonly parts: readonly Expression[] }
  /** The first word of a reference: `var`, `aws_vpc`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly object: Expression; readonly key: Expression }
  /** `[*]`, and `.*` as it was written before. */
  | { readonly kind: 'splat'; readonly object: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly Expression[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'conditional'; readonly items: readonly [Expression, Expression, Expression] }
  | { readonly kind: 'operation'; readonly operator: string; readonly items: readonly Expression[] }
  /** What is not looked into: `for`, directives, anything that cannot be read. */
  | { readonly kind: 'opaque' }
);

/** The expressions that this one is made of. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'template':
      return expression.parts;
    case 'attribute':
    case 'splat':
      return [expression.object];
    case 'index':
      return [expression.object, expression.key];
    case 'call':
    case 'list':
    case 'conditional':
    case 'operation':
      return expression.items;
    case 'object':
      return expression.entries.flat();
    case 'literal':
    case 'name':
    case 'opaque':
      return [];
  }
}
