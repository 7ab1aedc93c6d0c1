import { all, replace, set, unset } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'a secret in clear',
    edit: set('resource/aws_rds_cluster/aurora_postgresql/master_password', 'hunter2hunter2'),
    review: `
resources: 1 changed

Resources
    ~ aws_rds_cluster.aurora_postgresql
        ~ master_password: var.master_password → "(hidden)"

Secrets
    - aws_rds_cluster.aurora_postgresql: master_password from var.master_password
    + aws_rds_cluster.aurora_postgresql: master_password: IN CLEAR in the code
`,
  },
  {
    name: 'a secret in clear in a container',
    edit: replace(
      'resource/aws_ecs_task_definition/bastion/container_definitions',
      '"value" = var.master_password',
      '"value" = "hunter2hunter2"',
    ),
    review: `
resources: 1 REPLACED

Resources
  -/+ aws_ecs_task_definition.bastion: a new revision
        ~ container_definitions[bastion].environment[4]: local.password_is_in_clear ? [{"name" = "PGPASSWORD", "value" = var.master_password}] : [] → local.password_is_in_clear ? [{"name" = "PGPASSWORD", "value" = "(hidden)"}] : [] (forces replacement)

Secrets
    - aws_ecs_task_definition.bastion: PGPASSWORD from var.master_password, in clear in the task definition when local.password_is_in_clear
    + aws_ecs_task_definition.bastion: PGPASSWORD: IN CLEAR in the code when local.password_is_in_clear
`,
  },
  {
    name: 'a secret in clear by way of a local',
    edit: all(
      set('locals/first', 'hunter2hunter2'),
      set('locals/second', '${local.first}'),
      set('resource/aws_rds_cluster/aurora_postgresql/master_password', '${local.second}'),
    ),
    review: `
resources: 1 changed; locals: 2

Resources
    ~ aws_rds_cluster.aurora_postgresql
        ~ master_password: var.master_password → local.second

Locals
    + local.first
          "(hidden)"
    + local.second
          local.first

Secrets
    - aws_rds_cluster.aurora_postgresql: master_password from var.master_password
    + aws_rds_cluster.aurora_postgresql: master_password: IN CLEAR in the code
`,
  },
  {
    name: 'a secret as a default',
    edit: set('variable/master_password/default', 'hunter2hunter2'),
    review: `
resources: 1 REPLACED; variables: 1

Destroyed and created again in consequence
  -/+ aws_ecs_task_definition.bastion: container_definitions comes from var.master_password: a new revision

Variables
    ~ var.master_password
        ~ default: null → "(hidden)"
          reaches, where it is not set otherwise: aws_ecs_task_definition.bastion.container_definitions, aws_iam_role_policy.task_execution_secret.count, aws_rds_cluster.aurora_postgresql.manage_master_user_password, aws_rds_cluster.aurora_postgresql.master_password

Secrets
    + var.master_password: DEFAULT IN CLEAR in the code
`,
  },
  {
    name: 'a secret that is no longer sensitive',
    edit: unset('variable/master_password/sensitive'),
    review: `
resources: none; variables: 1

Variables
    ~ var.master_password
        - sensitive: true

Secrets
    + var.master_password: a secret that is NOT MARKED SENSITIVE
`,
  },
  {
    name: 'a secret in an output',
    edit: set('output/password', { value: '${var.master_password}', description: 'The password' }),
    review: `
resources: none; outputs: 1

Outputs
    + output.password
          description: "The password"
          value: var.master_password

Secrets
    + output.password: tells a secret IN CLEAR
`,
  },
  {
    name: 'a password that RDS no longer keeps',
    edit: unset('resource/aws_rds_cluster/aurora_postgresql/manage_master_user_password'),
    review: `
resources: 1 changed

Resources
    ~ aws_rds_cluster.aurora_postgresql
        - manage_master_user_password: local.password_is_managed ? true : null

Secrets
    - aws_rds_cluster.aurora_postgresql: RDS makes and keeps the password: local.password_is_managed ? true : null
`,
  },
];
