import { all, replace, set, unset } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'the range of a subnet',
    edit: replace('resource/aws_subnet/private/cidr_block', '100 +', '150 +'),
    review: `
resources: 2 REPLACED

Resources
  -/+ aws_subnet.private: destroyed and created again
        ~ cidr_block: cidrsubnet(aws_vpc.main.cidr_block, 8, (100 + local.zone_numbers[each.value.name_suffix])) → cidrsubnet(aws_vpc.main.cidr_block, 8, (150 + local.zone_numbers[each.value.name_suffix])) (forces replacement)

Destroyed and created again in consequence
  -/+ aws_route_table_association.private: subnet_id comes from aws_subnet.private
`,
  },
  {
    name: 'the default range of the VPC',
    edit: set('variable/vpc_cidr/default', '10.1.0.0/16'),
    review: `
resources: 26 REPLACED; variables: 1

Destroyed and created again in consequence
  -/+ aws_nat_gateway.main, aws_route_table_association.public: subnet_id comes from aws_subnet.public
  -/+ aws_route.private: route_table_id comes from aws_route_table.private
  -/+ aws_route.public: route_table_id comes from aws_route_table.public
  -/+ aws_route_table.database, aws_route_table.private, aws_route_table.public, aws_security_group.aurora, aws_security_group.bastion, aws_security_group.vpc_endpoint, aws_vpc_endpoint.ecr_api, aws_vpc_endpoint.ecr_dkr, aws_vpc_endpoint.logs, aws_vpc_endpoint.s3, aws_vpc_endpoint.ssm, aws_vpc_endpoint.ssmmessages: vpc_id comes from aws_vpc.main
  -/+ aws_route_table_association.database: subnet_id comes from aws_subnet.database
  -/+ aws_route_table_association.private: subnet_id comes from aws_subnet.private
  -/+ aws_security_group_rule.aurora_egress_all, aws_security_group_rule.aurora_from_bastion: security_group_id comes from aws_security_group.aurora
  -/+ aws_security_group_rule.aurora_ingress_vpc: cidr_blocks comes from var.vpc_cidr
  -/+ aws_subnet.database, aws_subnet.private, aws_subnet.public: cidr_block comes from aws_vpc.main
  -/+ aws_vpc.main: cidr_block comes from var.vpc_cidr
  -/+ aws_vpc_endpoint_route_table_association.private_s3: vpc_endpoint_id comes from aws_vpc_endpoint.s3

Variables
    ~ var.vpc_cidr
        ~ default: "10.0.0.0/16" → "10.1.0.0/16"
          reaches, where it is not set otherwise: aws_security_group.vpc_endpoint.ingress, aws_security_group_rule.aurora_ingress_vpc.cidr_blocks, aws_vpc.main.cidr_block

Exposure
    - aws_security_group.aurora: ingress tcp 5432 from var.vpc_cidr (10.0.0.0/16)
    - aws_security_group.vpc_endpoint: ingress tcp 443 from var.vpc_cidr (10.0.0.0/16)
    + aws_security_group.aurora: ingress tcp 5432 from var.vpc_cidr (10.1.0.0/16)
    + aws_security_group.vpc_endpoint: ingress tcp 443 from var.vpc_cidr (10.1.0.0/16)
`,
  },
  {
    name: 'NAT removed',
    edit: all(
      unset('resource/aws_nat_gateway/main'),
      unset('resource/aws_eip/nat_gateway'),
      unset('resource/aws_route/private'),
    ),
    review: `
resources: 3 removed

Resources
    - aws_eip.nat_gateway: its address is lost
    - aws_nat_gateway.main
    - aws_route.private

Exposure
    - aws_eip.nat_gateway: a public address
    - aws_route_table.private: reaches 0.0.0.0/0 through aws_nat_gateway.main

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    - aws_eip.nat_gateway: 10.95 → nothing
    - aws_nat_gateway.main: 135.78 → nothing
    ~ in all: 465.01 → 318.28 (-146.73)
`,
  },
  {
    name: 'one NAT gateway for all zones',
    edit: all(
      unset('resource/aws_nat_gateway/main/for_each'),
      set('resource/aws_nat_gateway/main/subnet_id', '${values(aws_subnet.public)[0].id}'),
    ),
    review: `
resources: 1 REPLACED

Resources
  -/+ aws_nat_gateway.main: destroyed and created again
        - for_each: toset(data.aws_availability_zones.az.names) (forces replacement)
        ~ subnet_id: aws_subnet.public[each.key].id → values(aws_subnet.public)[0].id (forces replacement)

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_nat_gateway.main: 135.78 → 45.26
    ~ in all: 465.01 → 374.49 (-90.52)
`,
  },
  {
    name: 'private subnets that reach the internet directly',
    edit: all(
      set('resource/aws_route/private/gateway_id', '${aws_internet_gateway.main.id}'),
      unset('resource/aws_route/private/nat_gateway_id'),
    ),
    review: `
resources: 1 changed

Resources
    ~ aws_route.private
        + gateway_id: aws_internet_gateway.main.id
        - nat_gateway_id: aws_nat_gateway.main[each.key].id

Exposure
    - aws_route_table.private: reaches 0.0.0.0/0 through aws_nat_gateway.main
    + aws_route_table.private: reaches 0.0.0.0/0 through aws_internet_gateway.main
`,
  },
];
