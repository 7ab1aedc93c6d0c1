import { Fn, ref, type TerraformResource, Token } from 'cdktf';

/** The key of the current instance in a resource with `for_each`. */
export const eachKey = Token.asString(ref('each.key'));

/** The index `[0]`; a plain number comes out as `.0`, the form of Terraform 0.11. */
export const FIRST = ref('0');

/**
 * An attribute of the instance of another resource with the same key. Reading it off the construct would give all
 * instances (`.*.id`).
 */
export function ofEachKey(resource: TerraformResource, attribute: string): string {
  return Token.asString(Fn.lookupNested(resource.fqn, [eachKey, attribute]));
}
