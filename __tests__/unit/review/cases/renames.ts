import { all, push, rename, set, unset } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'a rename without a moved block',
    edit: rename('aws_security_group.aurora', 'aws_security_group.database'),
    review: `
resources: 4 REPLACED

Resources
  -/+ aws_security_group.database: aws_security_group.aurora renamed WITHOUT A MOVED BLOCK: destroyed and created again

Destroyed and created again in consequence
  -/+ aws_security_group_rule.aurora_egress_all, aws_security_group_rule.aurora_from_bastion, aws_security_group_rule.aurora_ingress_vpc: security_group_id comes from aws_security_group.database
`,
  },
  {
    name: 'a rename with a moved block',
    edit: all(
      rename('aws_rds_cluster.aurora_postgresql', 'aws_rds_cluster.main'),
      push('moved', { from: 'aws_rds_cluster.aurora_postgresql', to: 'aws_rds_cluster.main' }),
    ),
    review: `
resources: 1 changed

Resources
    > aws_rds_cluster.main: aws_rds_cluster.aurora_postgresql renamed with a moved block
`,
  },
  {
    name: 'the database renamed without a moved block',
    edit: rename('aws_rds_cluster.aurora_postgresql', 'aws_rds_cluster.main'),
    review: `
resources: 3 REPLACED

Resources
  -/+ aws_rds_cluster.main: aws_rds_cluster.aurora_postgresql renamed WITHOUT A MOVED BLOCK: destroyed and created again: its data and automated backups are lost

Destroyed and created again in consequence
  -/+ aws_ecs_task_definition.bastion: container_definitions comes from aws_rds_cluster.main: a new revision
  -/+ aws_rds_cluster_instance.aurora_instance: cluster_identifier comes from aws_rds_cluster.main
`,
  },
  {
    name: 'two renames of which one refers to the other',
    edit: all(
      rename('aws_route_table.database', 'aws_route_table.data'),
      rename('aws_route_table_association.database', 'aws_route_table_association.data'),
    ),
    review: `
resources: 2 REPLACED

Resources
  -/+ aws_route_table.data: aws_route_table.database renamed WITHOUT A MOVED BLOCK: destroyed and created again
  -/+ aws_route_table_association.data: aws_route_table_association.database renamed WITHOUT A MOVED BLOCK: destroyed and created again
`,
  },
  {
    name: 'a rename and a change, with a moved block',
    edit: all(
      rename('aws_vpc.main', 'aws_vpc.all'),
      push('moved', { from: 'aws_vpc.main', to: 'aws_vpc.all' }),
      set('resource/aws_vpc/all/enable_dns_hostnames', false),
    ),
    review: `
resources: 1 changed

Resources
    > aws_vpc.all: aws_vpc.main renamed with a moved block
        ~ enable_dns_hostnames: true → false
`,
  },
  {
    name: 'a move of the old system given up',
    edit: unset('moved/0'),
    review: `
resources: none; moved blocks: 1

Moved blocks
    - module.vpc.aws_eip.nat_gateway → aws_eip.nat_gateway
`,
  },
  {
    name: 'a resource forgotten',
    edit: all(
      unset('resource/aws_cloudwatch_log_group/bastion'),
      set('removed', [{ from: 'aws_cloudwatch_log_group.bastion', lifecycle: { destroy: false } }]),
    ),
    review: `
resources: 1 removed

Resources
    - aws_cloudwatch_log_group.bastion: forgotten, not destroyed
`,
  },
  {
    name: 'the log group removed',
    edit: unset('resource/aws_cloudwatch_log_group/bastion'),
    review: `
resources: 1 removed

Resources
    - aws_cloudwatch_log_group.bastion: its logs are lost
`,
  },
  {
    name: 'a resource taken in',
    edit: all(
      set('resource/aws_kms_key/main', { description: 'Key' }),
      set('import', [{ to: 'aws_kms_key.main', id: 'x' }]),
    ),
    review: `
resources: 1 added

Resources
    + aws_kms_key.main: imported, not created
          description: "Key"

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    + aws_kms_key.main: nothing → 1.00
    ~ in all: 465.01 → 466.01 (+1.00)
`,
  },
];
