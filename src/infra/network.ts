import { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { Fn, type IResolvable, type ITerraformIterator, Op, propertyAccess, TerraformIterator, Token } from 'cdktf';
import { Construct } from 'constructs';
import { eachKey, ofEachKey } from './instances';
import { InternetAccess } from './internet-access';
import { type ZoneSet, Zones } from './zones';

export interface NetworkProps {
  /** Name of the VPC. */
  readonly name: string;
  /** IPv4 range, /16 to /20. Each subnet takes 1/256 of it. */
  readonly cidr: string;
  /** Whether there are public subnets, with NAT gateways for the private ones. @default always */
  readonly internetAccess?: IResolvable;
}

/** Where each tier's subnets begin among the 256 of the VPC. */
const TIER_OFFSETS = { public: 0, private: 100, database: 200 } as const;
type Tier = keyof typeof TIER_OFFSETS;

/**
 * A VPC with a public, a private and a database subnet in each availability zone of the region. The public ones reach
 * the internet directly, the private ones through a NAT gateway in their zone, the database ones not at all.
 */
export class Network extends Construct {
  readonly vpcId: string;
  /** Ids of the private subnets, in the order of their zones. */
  readonly privateSubnetIds: string[];
  /** Maps from zone name to the subnet with all its attributes. */
  readonly publicSubnets: string;
  readonly privateSubnets: string;
  readonly zoneNames: ITerraformIterator;
  /** One for each zone. */
  readonly privateRouteTables: RouteTable;

  private readonly zones: Zones;

  constructor(scope: Construct, id: string, { name, cidr, internetAccess }: NetworkProps) {
    super(scope, id);
    this.zones = new Zones(this, 'zones');
    const everywhere = this.zones.all;
    const online = internetAccess === undefined ? everywhere : this.zones.allIf(internetAccess, 'online');
    this.zoneNames = everywhere.names;

    const vpc = new Vpc(this, 'vpc.main', {
      cidrBlock: cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    const vpcId = vpc.id;
    this.vpcId = vpcId;

    // What is put into a public subnet by mistake gets no public address, where that is not the existing system's way.
    const publicSubnets = this.addSubnets('public', vpc, online, internetAccess === undefined);
    const privateSubnets = this.addSubnets('private', vpc, everywhere);
    const databaseSubnets = this.addSubnets('database', vpc, everywhere);
    this.publicSubnets = `\${${publicSubnets.fqn}}`;
    this.privateSubnets = `\${${privateSubnets.fqn}}`;
    this.privateSubnetIds = Token.asList(propertyAccess(Fn.values(privateSubnets.fqn), ['*', 'id']));

    this.privateRouteTables = new RouteTable(this, 'table.private', {
      forEach: this.zoneNames,
      vpcId,
      tags: { Name: `private-${eachKey}` },
    });
    this.associate('private', privateSubnets, ofEachKey(this.privateRouteTables, 'id'));
    const databaseTable = new RouteTable(this, 'table.database', { vpcId, tags: { Name: 'database' } });
    this.associate('database', databaseSubnets, databaseTable.id);
    new InternetAccess(this, 'internet', {
      vpcId,
      zoneNames: online.names,
      publicSubnets,
      privateRouteTables: this.privateRouteTables,
      condition: internetAccess,
    });
  }

  private addSubnets(tier: Tier, vpc: Vpc, { details }: ZoneSet, givesPublicAddresses = false): Subnet {
    const zones = TerraformIterator.fromDataSources(details);
    const number = Token.asNumber(Fn.lookupNested(this.zones.numbers.expression, [zones.getString('name_suffix')]));
    return new Subnet(this, `subnet.${tier}`, {
      forEach: zones,
      vpcId: vpc.id,
      availabilityZone: eachKey,
      cidrBlock: Fn.cidrsubnet(vpc.cidrBlock, 8, Token.asNumber(Op.add(TIER_OFFSETS[tier], number))),
      ...(givesPublicAddresses ? { mapPublicIpOnLaunch: true } : {}),
      tags: { Name: `${tier}-${eachKey}` },
    });
  }

  private associate(tier: Tier, subnets: Subnet, routeTableId: string): void {
    new RouteTableAssociation(this, `association.${tier}`, {
      forEach: this.zoneNames,
      subnetId: ofEachKey(subnets, 'id'),
      routeTableId,
    });
  }
}
