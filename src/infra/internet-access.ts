import { Eip } from '@cdktf/provider-aws/lib/eip';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import { Route } from '@cdktf/provider-aws/lib/route';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import type { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Fn, type IResolvable, type ITerraformIterator, TerraformCount, type TerraformResource, Token } from 'cdktf';
import { Construct } from 'constructs';
import { oneIf } from './expressions';
import { FIRST, ofEachKey } from './instances';

export interface InternetAccessProps {
  readonly vpcId: string;
  /** Zones that get a NAT gateway. */
  readonly zoneNames: ITerraformIterator;
  /** One for each of those zones. */
  readonly publicSubnets: Subnet;
  /** One for each of those zones, and perhaps more. */
  readonly privateRouteTables: RouteTable;
  /** Whether there is any. @default always */
  readonly condition?: IResolvable | undefined;
}

const EVERYWHERE = '0.0.0.0/0';

/** Public subnets reach the internet directly, private ones through a NAT gateway in their zone. */
export class InternetAccess extends Construct {
  constructor(scope: Construct, id: string, props: InternetAccessProps) {
    super(scope, id);
    const { vpcId, zoneNames: forEach, publicSubnets, privateRouteTables, condition } = props;
    const one = condition === undefined ? {} : { count: TerraformCount.of(oneIf(condition)) };
    const idOf = (resource: TerraformResource & { readonly id: string }): string =>
      condition === undefined ? resource.id : Token.asString(Fn.lookupNested(resource.fqn, [FIRST, 'id']));

    const internet = new InternetGateway(this, 'gateway.main', { ...one, vpcId });
    const publicTable = new RouteTable(this, 'table.public', { ...one, vpcId, tags: { Name: 'public' } });
    new Route(this, 'route.public', {
      ...one,
      routeTableId: idOf(publicTable),
      destinationCidrBlock: EVERYWHERE,
      gatewayId: idOf(internet),
    });
    new RouteTableAssociation(this, 'association.public', {
      forEach,
      subnetId: ofEachKey(publicSubnets, 'id'),
      routeTableId: idOf(publicTable),
    });
    const addresses = new Eip(this, 'eip.nat_gateway', { forEach, domain: 'vpc', dependsOn: [internet] });
    const nat = new NatGateway(this, 'nat.main', {
      forEach,
      allocationId: ofEachKey(addresses, 'id'),
      subnetId: ofEachKey(publicSubnets, 'id'),
      dependsOn: [internet],
    });
    new Route(this, 'route.private', {
      forEach,
      routeTableId: ofEachKey(privateRouteTables, 'id'),
      destinationCidrBlock: EVERYWHERE,
      natGatewayId: ofEachKey(nat, 'id'),
    });
  }
}
