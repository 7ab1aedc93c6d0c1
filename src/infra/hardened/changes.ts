/** What moving a reference system to the hardened posture does to something. */
export type Move = 'updates' | 'adds' | 'removes' | 'replaces' | 'destroys data';

/** One difference between the postures. */
export interface Change {
  readonly measure: string;
  readonly prevents: string;
  /** USD a month more than the reference, idle, in ap-northeast-1 and three zones; negative: less. By use: text. */
  readonly costs: number | string;
  /** Key of `PRICES`, where it has a price. */
  readonly price?: keyof typeof PRICES;
  readonly move: Move;
  /** What to know before. */
  readonly note?: string;
}

/** A month has 730 hours. */
const HOURS = 730;
const ZONES = 3;

/** List prices in USD of ap-northeast-1, where AWS publishes them, and when they were looked up. */
export const PRICES = {
  endpointHour: { usd: 0.014, source: 'https://aws.amazon.com/privatelink/pricing/', asOf: '2026-11-23' },
  natGatewayHour: { usd: 0.062, source: 'https://aws.amazon.com/vpc/pricing/', asOf: '2026-11-23' },
  publicAddressHour: { usd: 0.005, source: 'https://aws.amazon.com/vpc/pricing/', asOf: '2026-11-23' },
  keyMonth: { usd: 1, source: 'https://aws.amazon.com/kms/pricing/', asOf: '2026-11-23' },
  logsGigabyte: { usd: 0.76, source: 'https://aws.amazon.com/cloudwatch/pricing/', asOf: '2026-11-23' },
  imagesGigabyteMonth: { usd: 0.1, source: 'https://aws.amazon.com/ecr/pricing/', asOf: '2026-11-23' },
} as const;

/** Interface endpoints: ecr.api, ecr.dkr, logs and ssmmessages stay; kms and secretsmanager come, ssm goes. */
const MORE_ENDPOINTS = 1;

export const CHANGES: readonly Change[] = [
  {
    measure: 'Storage, snapshots, Performance Insights and master password encrypted with a key of our own',
    prevents: 'Reading the data from a disk or snapshot that got out; the key can be revoked',
    costs: PRICES.keyMonth.usd,
    price: 'keyMonth',
    move: 'destroys data',
    note: 'AWS encrypts a cluster only when it makes it: Terraform replaces cluster and instances, and by the old settings without a final snapshot. Refused, unless ALLOW_DATA_LOSS is true',
  },
  {
    measure: 'Deletion protection, a final snapshot, and a plan that would destroy the cluster or its key is refused',
    prevents: 'Losing the database by one command, or by a change that replaces it',
    costs: 0,
    move: 'updates',
    note: 'The final snapshot is encrypted with the key that is destroyed along: copy it with another key, or cancel the deletion of the key within 30 days',
  },
  {
    measure: 'Password made, kept and rotated by RDS; login with IAM possible',
    prevents: 'Passwords in states, task definitions and heads',
    costs: 0,
    move: 'updates',
    note: 'master_password is no variable any more',
  },
  {
    measure: 'TLS required (rds.force_ssl)',
    prevents: 'Reading along between client and database',
    costs: 0,
    move: 'updates',
    note: 'Clients that do not speak TLS are refused from then on',
  },
  {
    measure: 'pgAudit and the coming and going of connections in the log of the database',
    prevents: 'Not knowing who read or changed what',
    costs: 'by use',
    price: 'logsGigabyte',
    move: 'updates',
    note: 'Takes a reboot, and once in the database: create extension pgaudit. RDS has made the log group /aws/rds/cluster/<name_prefix>-aurora-cluster/postgresql: import it into aws_cloudwatch_log_group.aurora first',
  },
  {
    measure: 'Sessions encrypted with a key of our own, and recorded in a log group of their own',
    prevents: 'Sessions of which nobody knows what was done',
    costs: PRICES.keyMonth.usd,
    price: 'keyMonth',
    move: 'updates',
    note: 'Whoever connects needs kms:GenerateDataKey on the key (npm run connect -- policy). The task writes the record itself, and forwarded ports have neither key nor record',
  },
  {
    measure: 'Log groups encrypted, and kept for a year',
    prevents: 'Logs that are gone when they are asked for',
    costs: 'by use',
    price: 'logsGigabyte',
    move: 'updates',
  },
  {
    measure: 'Flow logs of the VPC',
    prevents: 'Not knowing what talked to what',
    costs: 'by use',
    price: 'logsGigabyte',
    move: 'adds',
  },
  {
    measure: 'The bastion reaches Aurora, the endpoints and S3 alone; Aurora and the endpoints take the bastion alone',
    prevents: 'Carrying data out of a session but by DNS, and reaching the database from elsewhere in the VPC',
    costs: 0,
    move: 'updates',
    note: 'Other clients in the VPC lose the database: let their groups in',
  },
  {
    measure: 'A policy on every endpoint; endpoints for kms and secretsmanager, none for ssm',
    prevents: 'Carrying data out through AWS with credentials of another account',
    costs: Math.round(MORE_ENDPOINTS * ZONES * PRICES.endpointHour.usd * HOURS),
    price: 'endpointHour',
    move: 'updates',
  },
  {
    measure: 'No NAT gateways and no public subnets, unless enable_nat_gateways is set',
    prevents: 'Any way between the VPC and the internet but DNS, which the resolver of the VPC carries on',
    costs: -Math.round(ZONES * (PRICES.natGatewayHour.usd + PRICES.publicAddressHour.usd) * HOURS),
    price: 'natGatewayHour',
    move: 'removes',
    note: 'Their addresses go back to AWS: whoever has them on a list has to be told',
  },
  {
    measure: 'An image with the client and `script` in it, from ECR, instead of yum at every start',
    prevents:
      'Depending on the internet, and on what it serves that day, in an emergency; records of sessions that stay empty',
    costs: 'by use',
    price: 'imagesGigabyteMonth',
    move: 'replaces',
    note: 'A new revision of the task definition; the first pull of a tag is made once from outside',
  },
  {
    measure: 'Roles with the least rights, which ECS takes on for this account alone',
    prevents: 'A session that may do more than be one',
    costs: 0,
    move: 'updates',
  },
  {
    measure: 'A default security group without rules',
    prevents: 'Reaching what was put into it by mistake',
    costs: 0,
    move: 'adds',
  },
];
