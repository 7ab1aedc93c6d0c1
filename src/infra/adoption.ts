import { TerraformResource, type TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

/** A construct, and the module of the existing configuration whose resources it took over. */
export interface Adoption {
  readonly construct: Construct;
  /** A module address, such as `module.vpc`. */
  readonly module: string;
}

/**
 * Writes a `moved` block from each old module address, so that the state of the existing system can be taken over: its
 * plan shows moves and nothing else. A block whose old address a state lacks does nothing. One block covers all
 * instances of a resource.
 */
export function adopt(stack: TerraformStack, adoptions: readonly Adoption[]): void {
  const moved = adoptions.flatMap(({ construct, module }) =>
    construct.node
      .findAll()
      .filter((child) => TerraformResource.isTerraformResource(child))
      .map((resource) => `${resource.terraformResourceType}.${resource.friendlyUniqueId}`)
      .toSorted()
      .map((address) => ({ from: `${module}.${address}`, to: address })),
  );
  stack.addOverride('moved', moved);
}
