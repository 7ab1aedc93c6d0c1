import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { VpcEndpointRouteTableAssociation } from '@cdktf/provider-aws/lib/vpc-endpoint-route-table-association';
import type { ITerraformIterator } from 'cdktf';
import { Construct } from 'constructs';
import { ofEachKey } from './instances';

export interface EndpointsProps {
  readonly vpcId: string;
  /** Who may use the interface endpoints. */
  readonly vpcCidr: string;
  readonly region: string;
  /** Subnets that get an address of each interface endpoint. */
  readonly subnetIds: string[];
  readonly zoneNames: ITerraformIterator;
  /** The private route tables, one for each zone, that lead to S3. */
  readonly routeTables: RouteTable;
}

/** Images and logs (ecr, logs, and s3 for the layers), and the two services that ECS Exec talks to. */
const INTERFACE_SERVICES = {
  ecr_api: 'ecr.api',
  ecr_dkr: 'ecr.dkr',
  logs: 'logs',
  ssm: 'ssm',
  ssmmessages: 'ssmmessages',
} as const;

/** Ways to AWS services that do not leave the VPC: five interface endpoints, and a gateway endpoint for S3. */
export class Endpoints extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { vpcId, vpcCidr, region, subnetIds, zoneNames, routeTables }: EndpointsProps,
  ) {
    super(scope, id);
    const securityGroup = new SecurityGroup(this, 'group.vpc_endpoint', {
      vpcId,
      name: 'vpc-endpoint',
      description: 'SG for VPC Endpoint',
      ingress: [
        { description: 'Allow access to 443 port', protocol: 'tcp', fromPort: 443, toPort: 443, cidrBlocks: [vpcCidr] },
      ],
      tags: { Name: 'vpc-endpoint' },
    });
    for (const [name, service] of Object.entries(INTERFACE_SERVICES)) {
      new VpcEndpoint(this, `endpoint.${name}`, {
        vpcId,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: 'Interface',
        subnetIds,
        securityGroupIds: [securityGroup.id],
        privateDnsEnabled: true,
      });
    }
    const s3 = new VpcEndpoint(this, 'endpoint.s3', {
      vpcId,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: 'Gateway',
    });
    new VpcEndpointRouteTableAssociation(this, 'association.private_s3', {
      forEach: zoneNames,
      vpcEndpointId: s3.id,
      routeTableId: ofEachKey(routeTables, 'id'),
    });
  }
}
