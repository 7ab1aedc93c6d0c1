import { DataAwsPrefixList } from '@cdktf/provider-aws/lib/data-aws-prefix-list';
import { SecurityGroup, type SecurityGroupEgress } from '@cdktf/provider-aws/lib/security-group';
import { Fn, type IResolvable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Database } from '../database';
import { choose } from '../expressions';
import { withName } from '../tags';

export interface BastionGroupProps {
  readonly namePrefix: string;
  readonly vpcId: string;
  readonly region: string;
  readonly database: Database;
  /** A group that all interface endpoints are in. */
  readonly endpointsGroupId: string;
  /** Whether there are NAT gateways. */
  readonly internetAccess: IResolvable;
  readonly tags: Record<string, string>;
}

const HTTPS = { protocol: 'tcp', fromPort: 443, toPort: 443 };

/**
 * A group that nothing may enter, and that may talk to Aurora, to the endpoints and to S3, where the layers of images
 * lie. The resolver of the VPC needs no rule and knows none: names that are asked for leave the VPC.
 */
export function bastionGroup(scope: Construct, props: BastionGroupProps): SecurityGroup {
  const { namePrefix, vpcId, region, database, endpointsGroupId, internetAccess, tags } = props;
  const name = `${namePrefix}-bastion-sg`;
  const s3 = new DataAwsPrefixList(scope, 'prefixes.s3', { name: `com.amazonaws.${region}.s3` });
  const always: SecurityGroupEgress[] = [
    {
      description: 'PostgreSQL to Aurora',
      protocol: 'tcp',
      fromPort: database.port,
      toPort: database.port,
      securityGroups: [database.securityGroupId],
    },
    { description: 'AWS services through the endpoints', ...HTTPS, securityGroups: [endpointsGroupId] },
    { description: 'Layers of images in S3', ...HTTPS, prefixListIds: [s3.id] },
  ];
  const asked: SecurityGroupEgress = {
    description: 'The internet through the NAT gateways',
    ...HTTPS,
    cidrBlocks: ['0.0.0.0/0'],
  };
  const group = new SecurityGroup(scope, 'group.bastion', {
    vpcId,
    name,
    description: 'Security group for Bastion ECS task',
    egress: Token.asAny(Fn.concat([always.map(rule), choose(internetAccess, [rule(asked)], [])])),
    tags: withName(tags, name),
  });
  database.allowFrom(scope, group);
  return group;
}

/** As an expression has it: whole, by Terraform's names. */
function rule({ description, protocol, fromPort, toPort, ...peer }: SecurityGroupEgress): Record<string, unknown> {
  return {
    description,
    protocol,
    from_port: fromPort,
    to_port: toPort,
    cidr_blocks: peer.cidrBlocks ?? [],
    ipv6_cidr_blocks: [],
    prefix_list_ids: peer.prefixListIds ?? [],
    security_groups: peer.securityGroups ?? [],
    self: false,
  };
}
