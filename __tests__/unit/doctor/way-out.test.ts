import type { NatGateway, Route } from '@aws-sdk/client-ec2';
import { wayOut, worstWayOut } from '../../../src/doctor/way-out';

const NAT: NatGateway = { NatGatewayId: 'nat-1', State: 'available', ConnectivityType: 'public' };
const EVERYWHERE = { DestinationCidrBlock: '0.0.0.0/0' };
const local: Route = { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local' };

it.each<[string, Route | undefined, NatGateway[], string, string]>([
  ['a NAT gateway', { NatGatewayId: 'nat-1' }, [NAT], 'nat', 'nat-1'],
  ['no default route', undefined, [NAT], 'none', 'subnet-1 has no default route'],
  ['a black hole', { NatGatewayId: 'nat-1', State: 'blackhole' }, [NAT], 'none', 'nat-1, which is gone'],
  [
    'a NAT gateway that failed',
    { NatGatewayId: 'nat-1' },
    [{ ...NAT, State: 'failed' }],
    'none',
    'nat-1, which is failed',
  ],
  ['a NAT gateway that is not there', { NatGatewayId: 'nat-2' }, [NAT], 'none', 'nat-2, which is not there'],
  ['a private one', { NatGatewayId: 'nat-1' }, [{ ...NAT, ConnectivityType: 'private' }], 'elsewhere', 'private nat-1'],
  ['an internet gateway', { GatewayId: 'igw-1' }, [NAT], 'none', 'igw-1, which serves public addresses only'],
  ['a transit gateway', { TransitGatewayId: 'tgw-1' }, [NAT], 'elsewhere', 'leads to tgw-1'],
  ['a NAT instance', { NetworkInterfaceId: 'eni-1' }, [NAT], 'elsewhere', 'leads to eni-1'],
])('%s', (_, route, natGateways, kind, found) => {
  const routes = route === undefined ? [local] : [local, { ...EVERYWHERE, ...route }];
  const way = wayOut('subnet-1', [{ Associations: [{ SubnetId: 'subnet-1' }], Routes: routes }], natGateways);
  expect(way).toEqual({ kind, found: expect.stringContaining(found) as string });
});

it('takes the main table of a subnet that has none of its own', () => {
  const main = { Associations: [{ Main: true }], Routes: [{ ...EVERYWHERE, NatGatewayId: 'nat-1' }] };
  const other = { Associations: [{ SubnetId: 'subnet-2' }], Routes: [local] };
  expect(wayOut('subnet-1', [other, main], [NAT]).kind).toBe('nat');
  expect(wayOut('subnet-2', [main, other], [NAT]).kind).toBe('none');
});

it('is as bad as the worst of the subnets', () => {
  const [nat, elsewhere, none] = (['nat', 'elsewhere', 'none'] as const).map((kind) => ({ kind, found: kind }));
  if (nat === undefined || elsewhere === undefined || none === undefined) throw new Error('three');
  expect(worstWayOut([nat, nat])).toEqual({ kind: 'nat', found: 'a NAT gateway' });
  expect(worstWayOut([nat, elsewhere]).kind).toBe('elsewhere');
  expect(worstWayOut([none, elsewhere, nat, none])).toEqual({ kind: 'none', found: 'none; none' });
});
