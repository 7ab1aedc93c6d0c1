import type { VpcEndpoint } from '@aws-sdk/client-ec2';
import { bastionPeer, ingressOf } from './bastion-peer';
import type { Facts } from './facts';
import { decide, parsePolicy } from './policy-document';
import { letsThrough } from './security-group';
import { type WayOut, wayOut, worstWayOut } from './way-out';

/** How the bastion's subnets get to an AWS service. */
export interface Reach {
  /** `blocked`: the names lead to an endpoint, which lets nobody in. `none`: there is no endpoint to use. */
  readonly by: 'endpoint' | 'blocked' | 'none';
  readonly found: string;
  readonly remedy: string;
}

const HTTPS = 443;
/** What the exec agent begins with. An endpoint's policy may let people open data channels, and not the agent. */
export const AGENT_ACTION = 'ssmmessages:CreateControlChannel';

/**
 * Through an interface endpoint: once it gives its names in the VPC, there is no other way.
 * @param service such as `ssmmessages`
 * @param action one that a policy of the endpoint has to allow
 */
export async function reachByEndpoint(facts: Facts, service: string, action: string): Promise<Reach> {
  const endpoints = (await facts.network.endpoints()).filter(
    ({ ServiceName, VpcEndpointType }) => isOf(ServiceName, service) && VpcEndpointType === 'Interface',
  );
  const [endpoint] = endpoints.toSorted((a, b) => Number(isUsable(b)) - Number(isUsable(a)));
  if (endpoint === undefined) return none(`there is no endpoint for ${service}`);
  const { VpcEndpointId: id = '', State: state = 'unknown' } = endpoint;
  if (state.toLowerCase() !== 'available') return none(`the endpoint for ${service} (${id}) is ${state}`);
  if (endpoint.PrivateDnsEnabled !== true) return none(`the endpoint for ${service} (${id}) has private DNS off`);
  if (!(await letsBastionIn(facts, endpoint))) {
    return {
      by: 'blocked',
      found: `the security group of the endpoint for ${service} (${id}) does not let the bastion in on port ${HTTPS}`,
      remedy: `Let ${facts.target.securityGroup} or the subnets in on port ${HTTPS}: deploy the stack again`,
    };
  }
  if (endpoint.PolicyDocument !== undefined && decide([parsePolicy(endpoint.PolicyDocument)], action) === 'denied') {
    return {
      by: 'blocked',
      found: `the policy of the endpoint for ${service} (${id}) does not allow ${action}`,
      remedy: `Allow ${action} in the policy of ${id}`,
    };
  }
  return { by: 'endpoint', found: `the endpoint ${id}`, remedy: '' };
}

/** Whether the subnets' route tables lead to S3 through a gateway endpoint, or an interface endpoint does. */
export async function reachesS3(facts: Facts): Promise<boolean> {
  const [endpoints, tables, subnets] = await Promise.all([
    facts.network.endpoints(),
    facts.network.routeTables(),
    facts.network.subnets(),
  ]);
  const gateway = endpoints.find(
    ({ ServiceName, VpcEndpointType }) => isOf(ServiceName, 's3') && VpcEndpointType === 'Gateway',
  );
  const associated = tables.filter(({ RouteTableId = '' }) => gateway?.RouteTableIds?.includes(RouteTableId));
  return subnets.every(({ SubnetId }) =>
    associated.some(({ Associations = [] }) => Associations.some((one) => one.SubnetId === SubnetId)),
  );
}

export async function waysOut(facts: Facts): Promise<WayOut> {
  const [subnets, tables, natGateways] = await Promise.all([
    facts.network.subnets(),
    facts.network.routeTables(),
    facts.network.natGateways(),
  ]);
  return worstWayOut(subnets.map(({ SubnetId = '' }) => wayOut(SubnetId, tables, natGateways)));
}

async function letsBastionIn(facts: Facts, { Groups = [] }: VpcEndpoint): Promise<boolean> {
  const ids = Groups.flatMap(({ GroupId }) => (GroupId === undefined ? [] : [GroupId]));
  const [rules, bastion] = await Promise.all([ingressOf(facts, ids), bastionPeer(facts)]);
  return letsThrough(rules, HTTPS, bastion) !== 'no';
}

function isUsable({ State, PrivateDnsEnabled }: VpcEndpoint): boolean {
  return State?.toLowerCase() === 'available' && PrivateDnsEnabled === true;
}

/** `com.amazonaws.ap-northeast-1.ssmmessages`, in China with `cn.` before it. */
function isOf(serviceName: string | undefined, service: string): boolean {
  return serviceName?.replace(/^(cn\.)?com\.amazonaws\.[^.]+\./, '') === service;
}

function none(found: string): Reach {
  return { by: 'none', found, remedy: '' };
}
