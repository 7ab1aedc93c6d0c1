import type { IpPermission } from '@aws-sdk/client-ec2';
import { covers } from './address-range';

/** The other end of a connection: it fits a rule by one of its groups, or by all of its IPv4 ranges. */
export interface Peer {
  readonly groups: readonly string[];
  readonly ranges: readonly string[];
}

export const ANYWHERE = '0.0.0.0/0';

/** Whether rules let TCP through between a port and a peer. `unknown`: a rule names a prefix list. */
export function letsThrough(permissions: readonly IpPermission[], port: number, peer: Peer): 'yes' | 'no' | 'unknown' {
  const rules = permissions.filter((rule) => hasPort(rule, port));
  const groups = rules.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.map(({ GroupId }) => GroupId));
  if (peer.groups.some((group) => groups.includes(group))) return 'yes';
  const ranges = rules.flatMap(({ IpRanges = [] }) => IpRanges.map(({ CidrIp = '' }) => CidrIp));
  const isCovered = (range: string): boolean => ranges.some((one) => covers(one, range));
  if (peer.ranges.length > 0 && peer.ranges.every(isCovered)) return 'yes';
  return rules.some(({ PrefixListIds = [] }) => PrefixListIds.length > 0) ? 'unknown' : 'no';
}

/** Whether anything may go anywhere. */
export function isWideOpen(permissions: readonly IpPermission[]): boolean {
  return permissions.some(
    ({ IpProtocol, IpRanges = [] }) => IpProtocol === '-1' && IpRanges.some(({ CidrIp }) => CidrIp === ANYWHERE),
  );
}

function hasPort({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission, port: number): boolean {
  if (IpProtocol === '-1') return true;
  return (IpProtocol === 'tcp' || IpProtocol === '6') && FromPort <= port && port <= ToPort;
}
