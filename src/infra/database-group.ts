import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { SecurityGroupRule } from '@cdktf/provider-aws/lib/security-group-rule';
import type { Construct } from 'constructs';
import { withName } from './tags';

export interface DatabaseGroupProps {
  readonly namePrefix: string;
  readonly vpcId: string;
  readonly port: number;
  /** IPv4 range that may reach the database, and then the database may talk to anywhere. @default none */
  readonly openTo?: string;
  readonly tags: Record<string, string>;
}

/** The security group of the cluster. Without rules it lets nothing in, and nothing out. */
export function databaseGroup(scope: Construct, props: DatabaseGroupProps): SecurityGroup {
  const { namePrefix, vpcId, port, openTo, tags } = props;
  const name = `${namePrefix}-aurora-sg`;
  const group = new SecurityGroup(scope, 'group.aurora', {
    vpcId,
    name,
    description: 'Security group for Aurora PostgreSQL cluster',
    tags: withName(tags, name),
  });
  if (openTo === undefined) return group;
  new SecurityGroupRule(scope, 'rule.aurora_ingress_vpc', {
    type: 'ingress',
    securityGroupId: group.id,
    description: 'PostgreSQL from VPC',
    protocol: 'tcp',
    fromPort: port,
    toPort: port,
    cidrBlocks: [openTo],
  });
  new SecurityGroupRule(scope, 'rule.aurora_egress_all', {
    type: 'egress',
    securityGroupId: group.id,
    description: 'Allow all outbound traffic',
    protocol: '-1',
    fromPort: 0,
    toPort: 0,
    cidrBlocks: ['0.0.0.0/0'],
  });
  return group;
}
