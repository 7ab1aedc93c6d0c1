import type { NatGateway, RouteTable, RouteTableAssociation } from '@aws-sdk/client-ec2';
import { ANYWHERE } from './security-group';

/** Where a subnet's traffic to the internet goes. `elsewhere`: to what may or may not lead out. */
export interface WayOut {
  readonly kind: 'nat' | 'elsewhere' | 'none';
  readonly found: string;
}

/** The way out of one subnet, whose tasks have no public address. */
export function wayOut(subnetId: string, tables: readonly RouteTable[], natGateways: readonly NatGateway[]): WayOut {
  const route = tableOf(subnetId, tables)?.Routes?.find(
    ({ DestinationCidrBlock }) => DestinationCidrBlock === ANYWHERE,
  );
  if (route === undefined) return { kind: 'none', found: `${subnetId} has no default route` };
  const { NatGatewayId: natId, GatewayId: gatewayId = '' } = route;
  const target = natId ?? nonEmpty(gatewayId) ?? route.TransitGatewayId ?? route.NetworkInterfaceId ?? 'another way';
  if (route.State === 'blackhole') {
    return { kind: 'none', found: `the default route of ${subnetId} leads to ${target}, which is gone` };
  }
  if (natId !== undefined) return throughNat(subnetId, natId, natGateways);
  if (gatewayId.startsWith('igw-')) {
    const found = `the default route of ${subnetId} leads to ${gatewayId}, which serves public addresses only`;
    return { kind: 'none', found };
  }
  return { kind: 'elsewhere', found: `the default route of ${subnetId} leads to ${target}` };
}

/** The worst of several, since a task may start in any of the subnets. */
export function worstWayOut(ways: readonly WayOut[]): WayOut {
  const worst = (['none', 'elsewhere'] as const).find((kind) => ways.some((way) => way.kind === kind));
  const bad = ways.filter(({ kind }) => kind === worst).map(({ found }) => found);
  if (worst !== undefined) return { kind: worst, found: bad.join('; ') };
  return { kind: 'nat', found: 'a NAT gateway' };
}

function throughNat(subnetId: string, natId: string, natGateways: readonly NatGateway[]): WayOut {
  const nat = natGateways.find(({ NatGatewayId }) => NatGatewayId === natId);
  if (nat === undefined || nat.State !== 'available') {
    const state = nat?.State ?? 'not there';
    return { kind: 'none', found: `the default route of ${subnetId} leads to ${natId}, which is ${state}` };
  }
  if (nat.ConnectivityType === 'private') {
    return { kind: 'elsewhere', found: `the default route of ${subnetId} leads to the private ${natId}` };
  }
  return { kind: 'nat', found: natId };
}

/** The table that a subnet is associated with, else the main one. */
function tableOf(subnetId: string, tables: readonly RouteTable[]): RouteTable | undefined {
  const having = (fits: (association: RouteTableAssociation) => boolean): RouteTable | undefined =>
    tables.find(({ Associations = [] }) => Associations.some(fits));
  return having(({ SubnetId }) => SubnetId === subnetId) ?? having(({ Main }) => Main === true);
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}
