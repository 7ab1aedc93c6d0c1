import { type Check, DEPLOY, failed, list, ok, type Outcome, warning } from './check';
import type { Facts } from './facts';
import { databasePeer, messagesPeer } from './peers';
import { ANYWHERE, isWideOpen, letsThrough } from './security-group';

/** Where bastion tasks stand, and what they may talk to. */
export const NETWORK_CHECKS: readonly Check[] = [
  { id: 'subnets', title: 'Subnets of the bastion', look: lookAtSubnets },
  { id: 'vpc-dns', title: 'DNS of the VPC', look: lookAtDns },
  { id: 'bastion-group', title: 'Security group of the bastion', look: lookAtGroup },
  { id: 'bastion-egress', title: 'What the bastion may talk to', look: lookAtEgress },
  { id: 'open-egress', title: 'Egress to anywhere', look: lookAtOpenness },
];

const HTTPS = 443;

async function lookAtSubnets(facts: Facts): Promise<Outcome> {
  const subnets = await facts.network.subnets();
  const vpcs = [...new Set(subnets.map(({ VpcId = '' }) => VpcId))];
  if (vpcs.length > 1) {
    return failed(`They lie in several VPCs: ${list(vpcs)}`, `A task runs in one VPC: ${DEPLOY}`);
  }
  if (subnets.every(({ AvailableIpAddressCount }) => AvailableIpAddressCount === 0)) {
    return failed('None of them has an address left', 'Stop tasks that nobody needs, or use larger subnets');
  }
  const [{ OwnerId: owner }, { account }] = await Promise.all([facts.network.vpc(), facts.caller()]);
  if (owner !== undefined && owner !== account) {
    return warning(
      `${list(vpcs)} is shared by the account ${owner}`,
      'Its endpoints and routes are not all seen from here: ask its owner about those that are reported as missing',
    );
  }
  return ok(`${subnets.length} in ${list(vpcs)}`);
}

async function lookAtDns(facts: Facts): Promise<Outcome> {
  const { support, hostnames } = await facts.network.dns();
  if (!support) {
    return failed('DNS support is off: the bastion resolves no names', 'Switch on enableDnsSupport of the VPC');
  }
  if (!hostnames) {
    return failed('DNS host names are off: endpoints give no names', 'Switch on enableDnsHostnames of the VPC');
  }
  return ok('DNS support and DNS host names are on');
}

async function lookAtGroup(facts: Facts): Promise<Outcome> {
  const [{ GroupId = '', VpcId }, vpcId] = await Promise.all([facts.network.bastionGroup(), facts.network.vpcId()]);
  if (VpcId !== vpcId) {
    return failed(`${GroupId} belongs to ${VpcId ?? 'no VPC'}, and the subnets lie in ${vpcId}`, DEPLOY);
  }
  return ok(`${GroupId} is there`);
}

async function lookAtEgress(facts: Facts): Promise<Outcome> {
  const [{ IpPermissionsEgress: rules = [] }, messages] = await Promise.all([
    facts.network.bastionGroup(),
    messagesPeer(facts),
  ]);
  if (letsThrough(rules, HTTPS, messages) === 'no') {
    return failed(
      `Nothing lets port ${HTTPS} out to ssmmessages, so the exec agent cannot connect`,
      `Let port ${HTTPS} out of ${facts.target.securityGroup}: deploy the stack again`,
    );
  }
  const { port, peer } = await databasePeer(facts);
  if (letsThrough(rules, port, peer) === 'no') {
    return failed(
      `Nothing lets port ${port} out to the database`,
      `Let port ${port} out of ${facts.target.securityGroup} to the database's security group: deploy the stack again`,
    );
  }
  const isNarrow = letsThrough(rules, HTTPS, { groups: [], ranges: [ANYWHERE] }) !== 'yes';
  return ok(`Port ${HTTPS}${isNarrow ? ' to some' : ''} and the database's port ${port}`);
}

async function lookAtOpenness(facts: Facts): Promise<Outcome> {
  const { IpPermissionsEgress: rules = [], GroupId = '' } = await facts.network.bastionGroup();
  if (!isWideOpen(rules)) return ok('Only what the rules name');
  return warning(
    `${GroupId} lets everything out to ${ANYWHERE}`,
    `Port ${HTTPS} and the database's are enough, if a reviewer asks for less`,
  );
}
