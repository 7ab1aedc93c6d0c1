import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { VpcEndpointRouteTableAssociation } from '@cdktf/provider-aws/lib/vpc-endpoint-route-table-association';
import { Construct } from 'constructs';
import { ofEachKey } from '../instances';
import type { Network } from '../network';
import { policyDocument } from '../service-role';
import { endpointPolicies, type EndpointPoliciesProps, INTERFACE_SERVICES, layersPolicy } from './endpoint-policies';

export interface GuardedEndpointsProps extends EndpointPoliciesProps {
  readonly network: Network;
  /** The group of all interface endpoints, which the bastion's egress names. */
  readonly endpointsGroup: SecurityGroup;
  /** Who may use them. */
  readonly bastionGroup: SecurityGroup;
}

/** A group without rules. The two groups of bastion and endpoints cannot name each other, hence a third. */
export function endpointsGroup(scope: Construct, namePrefix: string, { vpcId }: Network): SecurityGroup {
  const name = `${namePrefix}-endpoints-sg`;
  return new SecurityGroup(scope, 'group.endpoints', {
    vpcId,
    name,
    description: 'Marks the VPC endpoints that the bastion may talk to',
    tags: { Name: name },
  });
}

/** Six interface endpoints and one for S3, for the bastion alone, each with a policy. */
export class GuardedEndpoints extends Construct {
  constructor(scope: Construct, id: string, props: GuardedEndpointsProps) {
    super(scope, id);
    const { network, endpointsGroup: marker, bastionGroup, place } = props;
    const { vpcId } = network;
    const entrance = new SecurityGroup(this, 'group.vpc_endpoint', {
      vpcId,
      name: 'vpc-endpoint',
      description: 'SG for VPC Endpoint',
      ingress: [
        {
          description: 'HTTPS from the bastion',
          protocol: 'tcp',
          fromPort: 443,
          toPort: 443,
          securityGroups: [bastionGroup.id],
        },
      ],
      tags: { Name: 'vpc-endpoint' },
    });
    const policies = endpointPolicies(props);
    for (const [name, service] of Object.entries(INTERFACE_SERVICES) as [keyof typeof INTERFACE_SERVICES, string][]) {
      new VpcEndpoint(this, `endpoint.${name}`, {
        vpcId,
        serviceName: `com.amazonaws.${place.region}.${service}`,
        vpcEndpointType: 'Interface',
        subnetIds: network.privateSubnetIds,
        securityGroupIds: [entrance.id, marker.id],
        privateDnsEnabled: true,
        policy: policyDocument(policies[name]),
      });
    }
    const s3 = new VpcEndpoint(this, 'endpoint.s3', {
      vpcId,
      serviceName: `com.amazonaws.${place.region}.s3`,
      vpcEndpointType: 'Gateway',
      policy: policyDocument([layersPolicy(place)]),
    });
    new VpcEndpointRouteTableAssociation(this, 'association.private_s3', {
      forEach: network.zoneNames,
      vpcEndpointId: s3.id,
      routeTableId: ofEachKey(network.privateRouteTables, 'id'),
    });
  }
}
