import { BlockList, isIP } from 'node:net';
import type { Address } from './connection';

/** amazon-ssm-agent `agent/appconfig/constants.go`: instance metadata, DNS, time, and other services of a VPC's own. */
const DENIED: readonly string[] = [
  '169.254.169.254',
  'fd00:ec2::254',
  '169.254.169.253',
  'fd00:ec2::253',
  '169.254.169.123',
  'fd00:ec2::123',
  '169.254.169.250',
  '169.254.169.251',
  'fd00:ec2::240',
];

/**
 * The addresses of a host that every container knows; none for a name that is not known. No real DNS is asked: what is
 * no part of this AWS is not there.
 * @param host empty is the container itself
 */
export function ownAddresses(host: string, port: number): readonly Address[] {
  if (host === '' || host === 'localhost') return [{ address: '127.0.0.1', port }];
  return isIP(host) === 0 ? [] : [{ address: host, port }];
}

/** Whether the agent refuses to forward there. */
export function isForbidden(addresses: readonly Address[]): boolean {
  const denied = new BlockList();
  for (const address of DENIED) denied.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return addresses.some(({ address }) => denied.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}
