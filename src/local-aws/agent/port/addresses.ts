import { BlockList, isIP } from 'node:net';
import { compareVersions } from '../version';
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

/** And since this version of the agent the container itself and where ECS and EKS give out credentials. */
const FIRST_AGENT_WITHOUT_LOOPBACK = '3.3.4851.0';
const CREDENTIAL_ADDRESSES: readonly string[] = ['169.254.170.2', '169.254.170.23', 'fd00:ec2::23'];

/**
 * The addresses of a host that every container knows; none for a name that is not known. No real DNS is asked: what is
 * no part of this AWS is not there.
 * @param host empty is the container itself
 */
export function ownAddresses(host: string, port: number): readonly Address[] {
  if (host === '' || host === 'localhost') return [{ address: '127.0.0.1', port }];
  return isIP(host) === 0 ? [] : [{ address: host, port }];
}

/**
 * Whether the agent refuses to forward there.
 * @param host of the session document; undefined where it has none, and the port is one of the container itself
 */
export function isForbidden(host: string | undefined, addresses: readonly Address[], agentVersion: string): boolean {
  if (addresses.some(({ address }) => isIn(blockList(DENIED), address))) return true;
  if (host === undefined || compareVersions(agentVersion, FIRST_AGENT_WITHOUT_LOOPBACK) < 0) return false;
  // Not by `addresses`: a database's name leads to a private address in AWS, and only here to a port of loopback.
  const denied = blockList(CREDENTIAL_ADDRESSES);
  denied.addSubnet('127.0.0.0', 8, 'ipv4');
  denied.addAddress('::1', 'ipv6');
  return ownAddresses(host, 0).some(({ address }) => isIn(denied, address));
}

function blockList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) list.addAddress(address, familyOf(address));
  return list;
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
