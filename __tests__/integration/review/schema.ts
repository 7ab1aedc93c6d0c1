import type { Json, JsonObject } from '../../../src/review/json';

export interface Block {
  readonly attributes?: Readonly<
    Record<string, { readonly type?: Json; readonly required?: boolean; readonly optional?: boolean }>
  >;
  readonly block_types?: Readonly<Record<string, unknown>>;
}

/** Of `terraform providers schema -json`. */
export interface Schema {
  readonly resource_schemas: Readonly<Record<string, { readonly version: number; readonly block: Block }>>;
}

const document = (action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });
const trust = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' }],
  });
const container = (image: string): string => JSON.stringify([{ name: 'a', image, essential: true }]);

type Pair = readonly [before: Json, after: Json];

/** Values that the provider takes, where not any will do, and what a type needs besides what its schema says. */
export const CHANGES: Readonly<
  Record<string, { readonly also?: JsonObject; readonly pairs?: Readonly<Record<string, Pair>> }>
> = {
  aws_cloudwatch_log_group: { pairs: { retention_in_days: [7, 14] } },
  aws_ecs_service: { pairs: { launch_type: ['FARGATE', 'EC2'] } },
  aws_ecs_task_definition: {
    pairs: {
      container_definitions: [container('a'), container('b')],
      cpu: ['256', '512'],
      memory: ['512', '1024'],
      network_mode: ['awsvpc', 'bridge'],
      requires_compatibilities: [['FARGATE'], ['EC2']],
    },
  },
  aws_eip: { pairs: { domain: ['vpc', 'standard'] } },
  aws_iam_role: { pairs: { assume_role_policy: [trust('ecs'), trust('ec2')] } },
  aws_iam_role_policy: { pairs: { policy: [document('s3:GetObject'), document('s3:*')] } },
  aws_iam_role_policy_attachment: { pairs: { policy_arn: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'] } },
  aws_nat_gateway: { also: { allocation_id: 'eipalloc-1' } },
  aws_rds_cluster: {
    also: { skip_final_snapshot: true, cluster_identifier: 'aaa-1' },
    pairs: {
      engine: ['aurora-postgresql', 'aurora-mysql'],
      enabled_cloudwatch_logs_exports: [['postgresql'], ['audit']],
      preferred_backup_window: ['03:00-04:00', '01:00-02:00'],
      preferred_maintenance_window: ['sun:04:00-sun:05:00', 'mon:04:00-mon:05:00'],
    },
  },
  aws_rds_cluster_instance: {
    also: { identifier: 'aaa-1' },
    pairs: { engine: ['aurora-postgresql', 'aurora-mysql'], monitoring_interval: [60, 30] },
  },
  aws_route: { also: { destination_cidr_block: '0.0.0.0/0', gateway_id: 'aaa-1' } },
  aws_route_table_association: { also: { subnet_id: 'aaa-1' } },
  aws_security_group_rule: {
    also: { cidr_blocks: ['10.0.0.0/16'] },
    pairs: { type: ['ingress', 'egress'], protocol: ['tcp', 'udp'], cidr_blocks: [['10.0.0.0/16'], ['10.1.0.0/16']] },
  },
  aws_subnet: { also: { cidr_block: '10.0.1.0/24' } },
  aws_vpc: { also: { cidr_block: '10.0.0.0/16' } },
  aws_vpc_endpoint: {
    also: { service_name: 'aaa-1' },
    pairs: { vpc_endpoint_type: ['Interface', 'Gateway'] },
  },
};

/** What a resource has in the state whether or not anybody set it, and whose absence the provider takes for a change. */
const DEFAULTS: Readonly<Record<string, JsonObject>> = {
  aws_iam_role: { path: '/', max_session_duration: 3600, force_detach_policies: false },
  aws_ecs_service: { scheduling_strategy: 'REPLICA' },
  aws_rds_cluster: { engine_mode: 'provisioned', availability_zones: [] },
  aws_security_group: { description: 'aaa-1' },
  aws_vpc: { instance_tenancy: 'default' },
};
export const DOCUMENT = (type: string): JsonObject => DEFAULTS[type] ?? {};

/** Two values of an attribute; undefined where it is a block, computed, or one of several that exclude each other. */
export function valuesOf(type: string, name: string, block: Block | undefined): Pair | undefined {
  const attribute = block?.attributes?.[name];
  if (attribute === undefined || (attribute.required !== true && attribute.optional !== true)) return undefined;
  if (EXCLUSIVE.has(`${type}.${name}`)) return undefined;
  return CHANGES[type]?.pairs?.[name] ?? ofType(attribute.type, name);
}

/** One source of a rule and one target of a route excludes the others. */
const EXCLUSIVE = new Set(['aws_security_group_rule.source_security_group_id', 'aws_route.nat_gateway_id']);

function ofType(type: Json | undefined, name: string): Pair | undefined {
  if (type === 'string') {
    if (name.endsWith('_arn')) return ['arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/b'];
    return name.includes('cidr') ? ['10.0.0.0/16', '10.1.0.0/16'] : ['aaa-1', 'bbb-2'];
  }
  if (type === 'bool') return [false, true];
  if (type === 'number') return [10, 20];
  if (!Array.isArray(type)) return undefined;
  const [kind, inner] = type as readonly Json[];
  if (kind === 'map') return [{ a: 'b' }, { a: 'c' }];
  const pair = inner === 'string' ? ofType(inner, name) : undefined;
  return pair === undefined ? undefined : [[pair[0]], [pair[1]]];
}
