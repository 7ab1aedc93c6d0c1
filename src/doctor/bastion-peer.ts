import type { IpPermission, Subnet } from '@aws-sdk/client-ec2';
import type { Facts } from './facts';
import type { Peer } from './security-group';

/** For rules of other groups: what the bastion is to them. */
export async function bastionPeer(facts: Facts): Promise<Peer> {
  const subnets = await facts.network.subnets();
  return {
    groups: [facts.target.securityGroup],
    ranges: rangesOf(subnets),
  };
}

/** What groups let in, together. */
export async function ingressOf(facts: Facts, groupIds: readonly string[]): Promise<readonly IpPermission[]> {
  const groups = await facts.network.securityGroups(groupIds);
  return groups.flatMap(({ IpPermissions = [] }) => IpPermissions);
}

export function rangesOf(subnets: readonly Subnet[]): readonly string[] {
  return subnets.flatMap(({ CidrBlock }) => (CidrBlock === undefined ? [] : [CidrBlock]));
}
