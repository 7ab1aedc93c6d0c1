import { type Facts, variable } from './facts';
import { rangesOf } from './bastion-peer';
import { AGENT_ACTION, reachByEndpoint } from './reach';
import { ANYWHERE, type Peer } from './security-group';

/** The endpoint for ssmmessages where there is one in use, else the internet. */
export async function messagesPeer(facts: Facts): Promise<Peer> {
  const reach = await reachByEndpoint(facts, 'ssmmessages', AGENT_ACTION);
  if (reach.by === 'none') return { groups: [], ranges: [ANYWHERE] };
  const endpoints = await facts.network.endpoints();
  const endpoint = endpoints.find(({ ServiceName = '' }) => ServiceName.endsWith('.ssmmessages'));
  const subnets = await facts.network.subnetsById(endpoint?.SubnetIds ?? []);
  return {
    groups: (endpoint?.Groups ?? []).flatMap(({ GroupId }) => (GroupId === undefined ? [] : [GroupId])),
    ranges: rangesOf(subnets),
  };
}

export async function databasePeer(facts: Facts): Promise<{ readonly port: number; readonly peer: Peer }> {
  const [{ Port, VpcSecurityGroups = [] }, container] = await Promise.all([
    facts.database.cluster(),
    facts.container(),
  ]);
  const subnets = await facts.network.subnetsById(await facts.database.subnetIds());
  return {
    port: Port ?? Number(variable(container, 'PGPORT')),
    peer: {
      groups: VpcSecurityGroups.flatMap(({ VpcSecurityGroupId: id }) => (id === undefined ? [] : [id])),
      ranges: rangesOf(subnets),
    },
  };
}
