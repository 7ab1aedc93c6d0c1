import type { Configuration, Resource } from './configuration';
import { type Fields, objects, textOf, texts } from './value';

/** One rule of a security group, wherever it stands. */
export interface SecurityRule {
  readonly resource: Resource;
  readonly direction: 'ingress' | 'egress';
  readonly anywhere: boolean;
  readonly allPorts: boolean;
  readonly described: boolean;
}

const ANYWHERE = ['0.0.0.0/0', '::/0'];

export function securityRules({ ofType }: Configuration): readonly SecurityRule[] {
  return [
    ...ofType('aws_security_group', 'aws_default_security_group').flatMap((resource) =>
      (['ingress', 'egress'] as const).flatMap((direction) =>
        objects(resource.attributes[direction]).map((fields) => read(resource, direction, fields)),
      ),
    ),
    ...ofType('aws_security_group_rule').map((resource) =>
      read(resource, resource.attributes.type === 'egress' ? 'egress' : 'ingress', resource.attributes),
    ),
    ...ofType('aws_vpc_security_group_ingress_rule').map((resource) => read(resource, 'ingress', resource.attributes)),
    ...ofType('aws_vpc_security_group_egress_rule').map((resource) => read(resource, 'egress', resource.attributes)),
  ];
}

function read(resource: Resource, direction: SecurityRule['direction'], fields: Fields): SecurityRule {
  const { cidr_blocks, ipv6_cidr_blocks, cidr_ipv4, cidr_ipv6, protocol, ip_protocol, description } = fields;
  const ranges = [cidr_blocks, ipv6_cidr_blocks, cidr_ipv4, cidr_ipv6].flatMap(texts);
  return {
    resource,
    direction,
    anywhere: ranges.some((range) => ANYWHERE.includes(range)),
    allPorts: ['-1', 'all'].includes(textOf(protocol ?? ip_protocol)),
    described: texts(description).some((text) => text !== ''),
  };
}
