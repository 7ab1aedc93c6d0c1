import { replace, set, unset } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'a variable without its default',
    edit: unset('variable/instance_class/default'),
    review: `
resources: none; variables: 1

Variables
    ~ var.instance_class
        - default: "db.t4g.medium"
          reaches, where it is not set otherwise: aws_rds_cluster_instance.aurora_instance.instance_class

Cost in USD a month, idle (list prices of ap-northeast-1, 2026-11, 3 zones, defaults)
    ~ aws_rds_cluster_instance.aurora_instance: 164.98 → unknown: no price of the class in the table
    ~ in all, without what is unknown: 465.01 → 300.03 (-164.98)
`,
  },
  {
    name: 'a variable removed',
    edit: unset('variable/backup_window'),
    review: `
resources: none; variables: 1

Variables
    - var.backup_window
`,
  },
  {
    name: 'a tag',
    edit: set('resource/aws_vpc/main/tags/Name', 'x'),
    review: `
resources: 1 changed

Resources
    ~ aws_vpc.main
        ~ tags.Name: var.name_prefix → "x"
`,
  },
  {
    name: 'a default tag',
    edit: set('variable/tags/default/Environment', 'production'),
    review: `
resources: none; variables: 1

Variables
    ~ var.tags
        ~ default.Environment: "development" → "production"
          reaches, where it is not set otherwise: aws_cloudwatch_log_group.bastion.tags, aws_db_parameter_group.aurora_postgresql.tags, aws_db_subnet_group.aurora.tags, aws_ecs_cluster.bastion.tags and 10 more
`,
  },
  {
    name: 'the name of everything',
    edit: set('variable/name_prefix/default', 'other'),
    review: `
resources: 21 REPLACED; variables: 1

Destroyed and created again in consequence
  -/+ aws_cloudwatch_log_group.bastion: name comes from var.name_prefix: its logs are lost
  -/+ aws_db_parameter_group.aurora_postgresql, aws_db_subnet_group.aurora, aws_ecs_cluster.bastion, aws_iam_role.rds_enhanced_monitoring, aws_iam_role.task, aws_iam_role.task_execution, aws_iam_role_policy.task_execution_secret, aws_iam_role_policy.task_ssm, aws_rds_cluster_parameter_group.aurora_postgresql, aws_security_group.aurora, aws_security_group.bastion: name comes from var.name_prefix
  -/+ aws_ecs_service.bastion: cluster comes from aws_ecs_cluster.bastion
  -/+ aws_ecs_task_definition.bastion: container_definitions comes from aws_cloudwatch_log_group.bastion: a new revision
  -/+ aws_iam_role_policy_attachment.rds_enhanced_monitoring: role comes from aws_iam_role.rds_enhanced_monitoring
  -/+ aws_iam_role_policy_attachment.task_execution: role comes from aws_iam_role.task_execution
  -/+ aws_rds_cluster.aurora_postgresql: cluster_identifier comes from var.name_prefix: its data and automated backups are lost
  -/+ aws_rds_cluster_instance.aurora_instance: cluster_identifier comes from aws_rds_cluster.aurora_postgresql
  -/+ aws_security_group_rule.aurora_egress_all, aws_security_group_rule.aurora_from_bastion, aws_security_group_rule.aurora_ingress_vpc: security_group_id comes from aws_security_group.aurora

Variables
    ~ var.name_prefix
        ~ default: "aurora-bg" → "other"
          reaches, where it is not set otherwise: aws_cloudwatch_log_group.bastion.name, aws_cloudwatch_log_group.bastion.tags, aws_db_parameter_group.aurora_postgresql.name, aws_db_subnet_group.aurora.name and 21 more
`,
  },
  {
    name: 'the command of the container',
    edit: replace('resource/aws_ecs_task_definition/bastion/container_definitions', 'yum install -y', 'dnf install -y'),
    review: `
resources: 1 REPLACED

Resources
  -/+ aws_ecs_task_definition.bastion: a new revision
        ~ container_definitions[bastion].command[2]: "yum install -y \${local.postgresql_client} && tail -f /dev/null" → "dnf install -y \${local.postgresql_client} && tail -f /dev/null" (forces replacement)
`,
  },
  {
    name: 'variables of the container',
    edit: replace(
      'resource/aws_ecs_task_definition/bastion/container_definitions',
      '"value" = "5432"}',
      '"value" = "5433"}, {"name" = "PGSSLMODE", "value" = "require"}',
    ),
    review: `
resources: 1 REPLACED

Resources
  -/+ aws_ecs_task_definition.bastion: a new revision
        ~ container_definitions[bastion].environment[1].value: "5432" → "5433" (forces replacement)
        + container_definitions[bastion].environment[2]: { name: "PGSSLMODE", value: "require" } (forces replacement)
`,
  },
  {
    name: 'the middle of a long text',
    edit: replace('output/bastion_run_task_command/value', 'assignPublicIp=DISABLED', 'assignPublicIp=ENABLED'),
    review: `
resources: none; outputs: 1

Outputs
    ~ output.bastion_run_task_command
        ~ value: …p.bastion.id}],assignPublicIp=DISABLED}" \\\\n  --enable-execute-… → …p.bastion.id}],assignPublicIp=ENABLED}" \\\\n  --enable-execute-…
`,
  },
  {
    name: 'an output removed',
    edit: unset('output/vpc_id'),
    review: `
resources: none; outputs: 1

Outputs
    - output.vpc_id
`,
  },
  {
    name: 'an output changed',
    edit: set('output/vpc_id/value', '${aws_vpc.main.arn}'),
    review: `
resources: none; outputs: 1

Outputs
    ~ output.vpc_id
        ~ value: aws_vpc.main.id → aws_vpc.main.arn
`,
  },
  {
    name: 'a local',
    edit: set('locals/zone_numbers/d', 9),
    review: `
resources: 7 REPLACED; locals: 1

Destroyed and created again in consequence
  -/+ aws_nat_gateway.main, aws_route_table_association.public: subnet_id comes from aws_subnet.public
  -/+ aws_route_table_association.database: subnet_id comes from aws_subnet.database
  -/+ aws_route_table_association.private: subnet_id comes from aws_subnet.private
  -/+ aws_subnet.database, aws_subnet.private, aws_subnet.public: cidr_block comes from local.zone_numbers

Locals
    ~ local.zone_numbers
        ~ d: 2 → 9
          reaches: aws_subnet.database.cidr_block, aws_subnet.private.cidr_block, aws_subnet.public.cidr_block
`,
  },
  {
    name: 'a data source',
    edit: set('data/aws_availability_zones/az/filter/0/values', ['opted-in']),
    review: `
resources: none; data sources: 1

Data sources
    ~ data.aws_availability_zones.az
        ~ filter[opt-in-status].values[0]: "opt-in-not-required" → "opted-in"
`,
  },
  {
    name: 'where the state lies',
    edit: set('terraform/backend', { s3: { bucket: 'states' } }),
    review: `
resources: none; settings: 1

Settings
    ~ terraform
        - backend.local: { path: "../../../terraform.aurora-bg.tfstate" }
        + backend.s3: { bucket: "states" }
`,
  },
  {
    name: 'characters that move the cursor',
    edit: set('resource/aws_vpc/main/tags/Name', 'a\u001b[31m\u202e\nb'),
    review: `
resources: 1 changed

Resources
    ~ aws_vpc.main
        ~ tags.Name: var.name_prefix → "a\\u001b[31m\\u202e\\nb"
`,
  },
];
