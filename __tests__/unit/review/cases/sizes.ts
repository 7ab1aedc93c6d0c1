import { set, unset } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'an endpoint removed',
    edit: unset('resource/aws_vpc_endpoint/ssm'),
    review: `
resources: 1 removed

Resources
    - aws_vpc_endpoint.ssm

Exposure
    - aws_vpc_endpoint.ssm: no policy: everybody may do everything through it

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    - aws_vpc_endpoint.ssm: 30.66 → nothing
    ~ in all: 465.01 → 434.35 (-30.66)
`,
  },
  {
    name: 'an endpoint in two subnets',
    edit: set('resource/aws_vpc_endpoint/ssm/subnet_ids', '${slice(values(aws_subnet.private)[*].id, 0, 2)}'),
    review: `
resources: 1 changed

Resources
    ~ aws_vpc_endpoint.ssm
        ~ subnet_ids: values(aws_subnet.private)[*].id → slice(values(aws_subnet.private)[*].id, 0, 2)

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_vpc_endpoint.ssm: 30.66 → 20.44
    ~ in all: 465.01 → 454.79 (-10.22)
`,
  },
  {
    name: 'a machine, which the tables do not know',
    edit: set('resource/aws_instance/jump', {
      ami: 'ami-1',
      instance_type: 't3.micro',
      associate_public_ip_address: true,
    }),
    review: `
resources: 1 added

Resources
    + aws_instance.jump
          ami: "ami-1"
          associate_public_ip_address: true
          instance_type: "t3.micro"

Exposure
    + aws_instance.jump: has a public address

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    + aws_instance.jump: nothing → unknown: no price in the table
    ~ in all, without what is unknown: 465.01 → 465.01 (+0.00)
`,
  },
  {
    name: 'another class of instances',
    edit: set('variable/instance_class/default', 'db.r6g.large'),
    review: `
resources: none; variables: 1

Variables
    ~ var.instance_class
        ~ default: "db.t4g.medium" → "db.r6g.large"
          reaches, where it is not set otherwise: aws_rds_cluster_instance.aurora_instance.instance_class

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_rds_cluster_instance.aurora_instance: 164.98 → 456.98
    ~ in all: 465.01 → 757.01 (+292.00)
`,
  },
  {
    name: 'a class without a price',
    edit: set('variable/instance_class/default', 'db.x9z.large'),
    review: `
resources: none; variables: 1

Variables
    ~ var.instance_class
        ~ default: "db.t4g.medium" → "db.x9z.large"
          reaches, where it is not set otherwise: aws_rds_cluster_instance.aurora_instance.instance_class

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_rds_cluster_instance.aurora_instance: 164.98 → unknown: no price of db.x9z.large in the table
    ~ in all, without what is unknown: 465.01 → 300.03 (-164.98)
`,
  },
  {
    name: 'the instances removed',
    edit: unset('resource/aws_rds_cluster_instance/aurora_instance'),
    review: `
resources: 1 removed

Resources
    - aws_rds_cluster_instance.aurora_instance

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    - aws_rds_cluster_instance.aurora_instance: 164.98 → nothing
    ~ in all: 465.01 → 300.03 (-164.98)
`,
  },
  {
    name: 'one instance fewer',
    edit: set('variable/aurora_instance_count/default', 1),
    review: `
resources: none; variables: 1

Variables
    ~ var.aurora_instance_count
        ~ default: 2 → 1
          reaches, where it is not set otherwise: aws_rds_cluster_instance.aurora_instance.count

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_rds_cluster_instance.aurora_instance: 164.98 → 82.49
    ~ in all: 465.01 → 382.52 (-82.49)
`,
  },
  {
    name: 'the always-on service',
    edit: set('variable/bastion_enable_service/default', true),
    review: `
resources: none; variables: 1

Variables
    ~ var.bastion_enable_service
        ~ default: false → true
          reaches, where it is not set otherwise: aws_ecs_service.bastion.count

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_ecs_service.bastion: 0.00 → 11.25
    ~ in all: 465.01 → 476.26 (+11.25)
`,
  },
];
