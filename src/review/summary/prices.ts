/**
 * List prices on demand in USD, Asia Pacific (Tokyo), ap-northeast-1, without tax: Amazon VPC (endpoints, NAT gateways,
 * public IPv4 addresses), Amazon Aurora Standard, AWS Fargate (Linux, x86), AWS Secrets Manager and AWS KMS.
 * Source: what the README's "What it costs" is made of (2026-11; a test holds the two together). The db.r6g classes are
 * as AWS's pricing page was quoted, without a date. Look at https://aws.amazon.com/pricing/ before you count on one.
 */
export const PRICES_FROM = 'list prices of ap-northeast-1, 2026-11';

/** What AWS itself calculates a month with. */
export const HOURS_IN_MONTH = 730;

export const HOURLY = {
  interfaceEndpoint: 0.014,
  natGateway: 0.062,
  publicAddress: 0.005,
  fargateCpu: 0.05056,
  fargateGigabyte: 0.00553,
} as const;

export const MONTHLY = { secret: 0.4, kmsKey: 1 } as const;

/** Aurora PostgreSQL, an hour of an instance. */
export const AURORA_HOURLY: Readonly<Record<string, number>> = {
  'db.t4g.medium': 0.113,
  'db.r6g.large': 0.313,
  'db.r6g.xlarge': 0.627,
  'db.r6g.2xlarge': 1.253,
};

/** Types that cost nothing as long as nothing happens; storage, logs and traffic are not counted. */
export const FREE_WHEN_IDLE: ReadonlySet<string> = new Set([
  'aws_cloudwatch_log_group',
  'aws_db_parameter_group',
  'aws_db_subnet_group',
  'aws_ecs_cluster',
  'aws_ecs_task_definition',
  'aws_iam_access_key',
  'aws_iam_instance_profile',
  'aws_iam_policy',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_iam_role_policy_attachment',
  'aws_iam_user',
  'aws_internet_gateway',
  'aws_kms_alias',
  'aws_rds_cluster',
  'aws_rds_cluster_parameter_group',
  'aws_route',
  'aws_route_table',
  'aws_route_table_association',
  'aws_secretsmanager_secret_version',
  'aws_security_group',
  'aws_security_group_rule',
  'aws_subnet',
  'aws_vpc',
  'aws_vpc_endpoint_policy',
  'aws_vpc_endpoint_route_table_association',
  'aws_vpc_endpoint_subnet_association',
  'aws_vpc_security_group_egress_rule',
  'aws_vpc_security_group_ingress_rule',
]);
