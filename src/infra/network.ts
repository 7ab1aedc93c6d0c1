import { DataAwsAvailabilityZone } from '@cdktf/provider-aws/lib/data-aws-availability-zone';
import { DataAwsAvailabilityZones } from '@cdktf/provider-aws/lib/data-aws-availability-zones';
import { Eip } from '@cdktf/provider-aws/lib/eip';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import { Route } from '@cdktf/provider-aws/lib/route';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { Fn, type ITerraformIterator, Op, propertyAccess, TerraformIterator, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import { Endpoints } from './endpoints';
import { eachKey, ofEachKey } from './instances';

export interface NetworkProps {
  /** Name of the VPC. */
  readonly name: string;
  /** IPv4 range, /16 to /20. Each subnet takes 1/256 of it. */
  readonly cidr: string;
  readonly region: string;
}

/** Number of a zone's subnets within their tier. Tokyo has no b for most accounts, and its order is a, c, d. */
const ZONE_NUMBERS = { a: 0, c: 1, d: 2, b: 3, e: 4, f: 5 };

/** Where each tier's subnets begin among the 256 of the VPC. */
const TIER_OFFSETS = { public: 0, private: 100, database: 200 } as const;
type Tier = keyof typeof TIER_OFFSETS;

const EVERYWHERE = '0.0.0.0/0';

/**
 * A VPC with a public, a private and a database subnet in each availability zone of the region. The public ones reach
 * the internet directly, the private ones through a NAT gateway in their zone, the database ones not at all. AWS
 * services that a bastion task needs are reached through endpoints in the private subnets.
 */
export class Network extends Construct {
  readonly vpcId: string;
  /** Ids of the private subnets, in the order of their zones. */
  readonly privateSubnetIds: string[];
  /** Maps from zone name to the subnet with all its attributes. */
  readonly publicSubnets: string;
  readonly privateSubnets: string;

  private readonly zones: { readonly names: ITerraformIterator; readonly details: DataAwsAvailabilityZone };
  private readonly zoneNumbers: TerraformLocal;

  constructor(scope: Construct, id: string, { name, cidr, region }: NetworkProps) {
    super(scope, id);
    const available = new DataAwsAvailabilityZones(this, 'zones.az', {
      // Local zones that the account has opted in to have no NAT gateways and no letters.
      filter: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
    });
    const names = TerraformIterator.fromList(available.names);
    this.zones = { names, details: new DataAwsAvailabilityZone(this, 'zone.az', { forEach: names, name: eachKey }) };
    this.zoneNumbers = new TerraformLocal(this, 'local.zone_numbers', ZONE_NUMBERS);

    const vpc = new Vpc(this, 'vpc.main', {
      cidrBlock: cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    this.vpcId = vpc.id;

    const publicSubnets = this.addSubnets('public', vpc);
    const privateSubnets = this.addSubnets('private', vpc);
    const databaseSubnets = this.addSubnets('database', vpc);
    const privateRouteTables = this.addRoutes(vpc, { publicSubnets, privateSubnets, databaseSubnets });

    this.publicSubnets = `\${${publicSubnets.fqn}}`;
    this.privateSubnets = `\${${privateSubnets.fqn}}`;
    this.privateSubnetIds = Token.asList(propertyAccess(Fn.values(privateSubnets.fqn), ['*', 'id']));

    new Endpoints(this, 'endpoints', {
      vpcId: vpc.id,
      vpcCidr: cidr,
      region,
      subnetIds: this.privateSubnetIds,
      zoneNames: names,
      routeTables: privateRouteTables,
    });
  }

  private addSubnets(tier: Tier, vpc: Vpc): Subnet {
    const zones = TerraformIterator.fromDataSources(this.zones.details);
    const number = Token.asNumber(Fn.lookupNested(this.zoneNumbers.expression, [zones.getString('name_suffix')]));
    return new Subnet(this, `subnet.${tier}`, {
      forEach: zones,
      vpcId: vpc.id,
      availabilityZone: eachKey,
      cidrBlock: Fn.cidrsubnet(vpc.cidrBlock, 8, Token.asNumber(Op.add(TIER_OFFSETS[tier], number))),
      ...(tier === 'public' ? { mapPublicIpOnLaunch: true } : {}),
      tags: { Name: `${tier}-${eachKey}` },
    });
  }

  /** Gateways, routes and associations. @returns the private route tables, one for each zone */
  private addRoutes(
    vpc: Vpc,
    subnets: Readonly<Record<'publicSubnets' | 'privateSubnets' | 'databaseSubnets', Subnet>>,
  ): RouteTable {
    const vpcId = vpc.id;
    const forEach = this.zones.names;
    const internet = new InternetGateway(this, 'gateway.main', { vpcId });

    const publicTable = new RouteTable(this, 'table.public', { vpcId, tags: { Name: 'public' } });
    new Route(this, 'route.public', {
      routeTableId: publicTable.id,
      destinationCidrBlock: EVERYWHERE,
      gatewayId: internet.id,
    });
    this.associate('public', subnets.publicSubnets, publicTable.id);

    const addresses = new Eip(this, 'eip.nat_gateway', { forEach, domain: 'vpc', dependsOn: [internet] });
    const nat = new NatGateway(this, 'nat.main', {
      forEach,
      allocationId: ofEachKey(addresses, 'id'),
      subnetId: ofEachKey(subnets.publicSubnets, 'id'),
      dependsOn: [internet],
    });
    const privateTables = new RouteTable(this, 'table.private', {
      forEach,
      vpcId,
      tags: { Name: `private-${eachKey}` },
    });
    new Route(this, 'route.private', {
      forEach,
      routeTableId: ofEachKey(privateTables, 'id'),
      destinationCidrBlock: EVERYWHERE,
      natGatewayId: ofEachKey(nat, 'id'),
    });
    this.associate('private', subnets.privateSubnets, ofEachKey(privateTables, 'id'));

    const databaseTable = new RouteTable(this, 'table.database', { vpcId, tags: { Name: 'database' } });
    this.associate('database', subnets.databaseSubnets, databaseTable.id);
    return privateTables;
  }

  private associate(tier: Tier, subnets: Subnet, routeTableId: string): void {
    new RouteTableAssociation(this, `association.${tier}`, {
      forEach: this.zones.names,
      subnetId: ofEachKey(subnets, 'id'),
      routeTableId,
    });
  }
}
