import { all, replace, set } from '../edits';
import type { Case } from './case';

export const CASES: readonly Case[] = [
  {
    name: 'an action added',
    edit: replace(
      'resource/aws_iam_role_policy/task_ssm/policy',
      '"logs:PutLogEvents"]',
      '"logs:PutLogEvents", "logs:DescribeLogStreams"]',
    ),
    review: `
resources: 1 changed

Resources
    ~ aws_iam_role_policy.task_ssm
        + policy.Statement[1].Action: "logs:DescribeLogStreams"

Rights
    + aws_iam_role.task: allow logs:DescribeLogStreams on \${aws_cloudwatch_log_group.bastion.arn}:*
`,
  },
  {
    name: 'actions in another order',
    edit: replace(
      'resource/aws_iam_role_policy/task_ssm/policy',
      '"logs:CreateLogStream", "logs:PutLogEvents"',
      '"logs:PutLogEvents", "logs:CreateLogStream"',
    ),
    review: ``,
  },
  {
    name: 'a wildcard',
    edit: replace(
      'resource/aws_iam_role_policy/task_ssm/policy',
      '"logs:CreateLogStream", "logs:PutLogEvents"',
      '"logs:*"',
    ),
    review: `
resources: 1 changed

Resources
    ~ aws_iam_role_policy.task_ssm
        - policy.Statement[1].Action: "logs:CreateLogStream"
        - policy.Statement[1].Action: "logs:PutLogEvents"
        + policy.Statement[1].Action: "logs:*"

Rights
    - aws_iam_role.task: allow logs:CreateLogStream on \${aws_cloudwatch_log_group.bastion.arn}:*
    - aws_iam_role.task: allow logs:PutLogEvents on \${aws_cloudwatch_log_group.bastion.arn}:*
    + aws_iam_role.task: allow logs:* on \${aws_cloudwatch_log_group.bastion.arn}:* (WILDCARD: actions)
`,
  },
  {
    name: 'a statement added',
    edit: replace(
      'resource/aws_iam_role_policy/task_execution_secret/policy',
      '}]})',
      '}, {"Effect" = "Allow", "Action" = "s3:GetObject", "Resource" = "*"}]})',
    ),
    review: `
resources: 1 changed

Resources
    ~ aws_iam_role_policy.task_execution_secret
        + policy.Statement: { Action: "s3:GetObject", Effect: "Allow", Resource: "*" }

Rights
    + aws_iam_role.task_execution: allow s3:GetObject on * (WILDCARD: resources)
`,
  },
  {
    name: 'a policy of AWS attached',
    edit: set('resource/aws_iam_role_policy_attachment/admin', {
      role: '${aws_iam_role.task.name}',
      policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess',
    }),
    review: `
resources: 1 added

Resources
    + aws_iam_role_policy_attachment.admin
          policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess"
          role: aws_iam_role.task.name

Rights
    + aws_iam_role.task: the policy AdministratorAccess of AWS (WILDCARD)
`,
  },
  {
    name: 'a role that anybody takes on',
    edit: replace('resource/aws_iam_role/task/assume_role_policy', '{"Service" = "ecs-tasks.amazonaws.com"}', '"*"'),
    review: `
resources: 1 changed

Resources
    ~ aws_iam_role.task
        ~ assume_role_policy.Statement[0].Principal: { Service: "ecs-tasks.amazonaws.com" } → "*"

Rights
    - aws_iam_role.task: trust: allow sts:AssumeRole by Service ecs-tasks.amazonaws.com
    + aws_iam_role.task: trust: allow sts:AssumeRole by ANYBODY
`,
  },
  {
    name: 'a policy from a data source',
    edit: all(
      set('data/aws_iam_policy_document/task', {
        statement: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::a/*'] }],
      }),
      set('resource/aws_iam_role_policy/task_ssm/policy', '${data.aws_iam_policy_document.task.json}'),
    ),
    review: `
resources: 1 changed; data sources: 1

Resources
    ~ aws_iam_role_policy.task_ssm
        ~ policy: { Statement: [{ Action: ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"], Effect: "Allow", Resource: "*" }, { Acti… → data.aws_iam_policy_document.task.json

Data sources
    + data.aws_iam_policy_document.task
          statement: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"] }]

Rights
    - aws_iam_role.task: allow logs:CreateLogStream on \${aws_cloudwatch_log_group.bastion.arn}:*
    - aws_iam_role.task: allow logs:PutLogEvents on \${aws_cloudwatch_log_group.bastion.arn}:*
    - aws_iam_role.task: allow ssmmessages:CreateControlChannel on * (WILDCARD: resources)
    - aws_iam_role.task: allow ssmmessages:CreateDataChannel on * (WILDCARD: resources)
    - aws_iam_role.task: allow ssmmessages:OpenControlChannel on * (WILDCARD: resources)
    - aws_iam_role.task: allow ssmmessages:OpenDataChannel on * (WILDCARD: resources)
    + aws_iam_role.task: allow s3:GetObject on arn:aws:s3:::a/*
`,
  },
];
