import type { IpPermission } from '@aws-sdk/client-ec2';
import { covers } from '../../../src/doctor/address-range';
import { isWideOpen, letsThrough } from '../../../src/doctor/security-group';

it.each([
  ['0.0.0.0/0', '10.0.0.0/8', true],
  ['10.0.0.0/16', '10.0.100.0/24', true],
  ['10.0.0.0/16', '10.0.0.0/16', true],
  ['10.0.0.0/16', '10.1.0.0/24', false],
  ['10.0.0.0/24', '10.0.0.0/16', false],
  ['10.0.128.0/17', '10.0.127.0/24', false],
  ['192.168.255.255/32', '192.168.255.255/32', true],
  ['::/0', '10.0.0.0/8', false],
])('%s covers %s: %s', (outer, inner, expected) => {
  expect(covers(outer, inner)).toBe(expected);
});

const bastion = { groups: ['sg-bastion'], ranges: ['10.0.100.0/24', '10.0.101.0/24'] };
const port = { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 };
const vpc = { IpRanges: [{ CidrIp: '10.0.0.0/16' }] };

it.each<[string, readonly IpPermission[], string]>([
  ['no rules', [], 'no'],
  ['a range around all subnets', [{ ...port, ...vpc }], 'yes'],
  ['the group', [{ ...port, UserIdGroupPairs: [{ GroupId: 'sg-bastion' }] }], 'yes'],
  ['another group', [{ ...port, UserIdGroupPairs: [{ GroupId: 'sg-other' }] }], 'no'],
  ['one of the subnets', [{ ...port, IpRanges: [{ CidrIp: '10.0.100.0/24' }] }], 'no'],
  [
    'each subnet by a rule',
    [
      { ...port, IpRanges: [{ CidrIp: '10.0.100.0/24' }] },
      { ...port, IpRanges: [{ CidrIp: '10.0.101.0/24' }] },
    ],
    'yes',
  ],
  ['another port', [{ ...port, ToPort: 5433, FromPort: 5433, ...vpc }], 'no'],
  ['a range of ports', [{ ...port, FromPort: 0, ToPort: 65_535, ...vpc }], 'yes'],
  ['all protocols', [{ IpProtocol: '-1', ...vpc }], 'yes'],
  ['TCP by its number', [{ ...port, IpProtocol: '6', ...vpc }], 'yes'],
  ['UDP', [{ ...port, IpProtocol: 'udp', ...vpc }], 'no'],
  ['a prefix list', [{ ...port, PrefixListIds: [{ PrefixListId: 'pl-1' }] }], 'unknown'],
  [
    'a prefix list on another port',
    [{ ...port, FromPort: 1, ToPort: 2, PrefixListIds: [{ PrefixListId: 'pl-1' }] }],
    'no',
  ],
])('rules with %s let the bastion through to 5432: %s', (_, rules, expected) => {
  expect(letsThrough(rules, 5432, bastion)).toBe(expected);
});

it('a peer without any range is not let through by a range', () => {
  expect(letsThrough([{ IpProtocol: '-1', ...vpc }], 5432, { groups: [], ranges: [] })).toBe('no');
});

it.each<[readonly IpPermission[], boolean]>([
  [[{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }], true],
  [[{ IpProtocol: '-1', ...vpc }], false],
  [[{ ...port, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }], false],
])('wide open %#', (rules, expected) => {
  expect(isWideOpen(rules)).toBe(expected);
});
