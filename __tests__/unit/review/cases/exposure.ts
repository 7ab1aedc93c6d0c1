import { push, reverse, set, unset } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'a port opened',
    edit: set('resource/aws_security_group_rule/open', {
      type: 'ingress',
      protocol: 'tcp',
      from_port: 22,
      to_port: 22,
      cidr_blocks: ['${var.vpc_cidr}'],
      security_group_id: '${aws_security_group.bastion.id}',
    }),
    review: `
resources: 1 added

Resources
    + aws_security_group_rule.open
          cidr_blocks: [var.vpc_cidr]
          from_port: 22
          protocol: "tcp"
          security_group_id: aws_security_group.bastion.id
          to_port: 22
          type: "ingress"

Exposure
    + aws_security_group.bastion: ingress tcp 22 from var.vpc_cidr (10.0.0.0/16)
`,
  },
  {
    name: 'a source widened',
    edit: set('resource/aws_security_group_rule/aurora_ingress_vpc/cidr_blocks', ['0.0.0.0/0']),
    review: `
resources: 1 REPLACED

Resources
  -/+ aws_security_group_rule.aurora_ingress_vpc: destroyed and created again
        ~ cidr_blocks[0]: var.vpc_cidr → "0.0.0.0/0" (forces replacement)

Exposure
    - aws_security_group.aurora: ingress tcp 5432 from var.vpc_cidr (10.0.0.0/16)
    + aws_security_group.aurora: ingress tcp 5432 from 0.0.0.0/0: THE WHOLE INTERNET
`,
  },
  {
    name: 'a range of ports',
    edit: set('resource/aws_security_group/vpc_endpoint/ingress/0/to_port', 65535),
    review: `
resources: 1 changed

Resources
    ~ aws_security_group.vpc_endpoint
        ~ ingress[0].to_port: 443 → 65535

Exposure
    - aws_security_group.vpc_endpoint: ingress tcp 443 from var.vpc_cidr (10.0.0.0/16)
    + aws_security_group.vpc_endpoint: ingress tcp 443-65535 from var.vpc_cidr (10.0.0.0/16)
`,
  },
  {
    name: 'a second rule in a group',
    edit: push('resource/aws_security_group/vpc_endpoint/ingress', {
      description: 'ssh',
      protocol: 'tcp',
      from_port: 22,
      to_port: 22,
      cidr_blocks: null,
      ipv6_cidr_blocks: ['::/0'],
      prefix_list_ids: null,
      security_groups: null,
      self: null,
    }),
    review: `
resources: 1 changed

Resources
    ~ aws_security_group.vpc_endpoint
        + ingress: { description: "ssh", from_port: 22, ipv6_cidr_blocks: ["::/0"], protocol: "tcp", to_port: 22 }

Exposure
    + aws_security_group.vpc_endpoint: ingress tcp 22 from ::/0: THE WHOLE INTERNET
`,
  },
  {
    name: 'a rule of the newer kind',
    edit: set('resource/aws_vpc_security_group_ingress_rule/open', {
      security_group_id: '${aws_security_group.aurora.id}',
      ip_protocol: '-1',
      referenced_security_group_id: '${aws_security_group.bastion.id}',
    }),
    review: `
resources: 1 added

Resources
    + aws_vpc_security_group_ingress_rule.open
          ip_protocol: "-1"
          referenced_security_group_id: aws_security_group.bastion.id
          security_group_id: aws_security_group.aurora.id

Exposure
    + aws_security_group.aurora: ingress everything from aws_security_group.bastion
`,
  },
  { name: 'rules in another order', edit: reverse('resource/aws_security_group/bastion/egress'), review: `` },
  {
    name: 'a nulled argument left out',
    edit: unset('resource/aws_security_group/bastion/egress/0/cidr_blocks'),
    review: ``,
  },
  {
    name: 'the policy of an endpoint',
    edit: set(
      'resource/aws_vpc_endpoint/ssm/policy',
      '${jsonencode({"Version" = "2012-10-17", "Statement" = [{"Effect" = "Allow", "Principal" = "*", "Action" = "ssm:*", "Resource" = "*"}]})}',
    ),
    review: `
resources: 1 changed

Resources
    ~ aws_vpc_endpoint.ssm
        + policy: { Statement: [{ Action: "ssm:*", Effect: "Allow", Principal: "*", Resource: "*" }], Version: "2012-10-17" }

Exposure
    - aws_vpc_endpoint.ssm: no policy: everybody may do everything through it
    + aws_vpc_endpoint.ssm: policy: allow ssm:* on * by ANYBODY (WILDCARD: actions and resources)
`,
  },
  {
    name: 'public addresses for tasks',
    edit: set('resource/aws_ecs_service/bastion/network_configuration/assign_public_ip', true),
    review: `
resources: 1 changed

Resources
    ~ aws_ecs_service.bastion
        ~ network_configuration.assign_public_ip: false → true

Exposure
    + aws_ecs_service.bastion: its tasks have public addresses
`,
  },
  {
    name: 'a public database',
    edit: set('resource/aws_rds_cluster_instance/aurora_instance/publicly_accessible', true),
    review: `
resources: 1 changed

Resources
    ~ aws_rds_cluster_instance.aurora_instance
        + publicly_accessible: true

Exposure
    + aws_rds_cluster_instance.aurora_instance: PUBLICLY ACCESSIBLE
`,
  },
];
