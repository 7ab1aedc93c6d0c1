import { member } from '../json';
import { typeOf } from '../stack';

/**
 * Attributes whose elements have no order. Source: `terraform providers schema -json` of AWS provider 5.100.0
 * (`["set", …]` and `nesting_mode: set`), for the types of this stack and their kin.
 */
const SETS: Readonly<Record<string, readonly string[]>> = {
  aws_db_parameter_group: ['parameter'],
  aws_db_subnet_group: ['subnet_ids'],
  aws_ecs_cluster: ['setting'],
  aws_ecs_service: [
    'capacity_provider_strategy',
    'load_balancer',
    'network_configuration.security_groups',
    'network_configuration.subnets',
    'placement_constraints',
  ],
  aws_ecs_task_definition: ['placement_constraints', 'requires_compatibilities', 'volume'],
  aws_iam_role: ['inline_policy', 'managed_policy_arns'],
  aws_nat_gateway: ['secondary_allocation_ids', 'secondary_private_ip_addresses'],
  aws_rds_cluster: ['availability_zones', 'enabled_cloudwatch_logs_exports', 'iam_roles', 'vpc_security_group_ids'],
  aws_rds_cluster_parameter_group: ['parameter'],
  aws_route_table: ['propagating_vgws', 'route'],
  aws_secretsmanager_secret: ['replica'],
  aws_security_group: ['egress', 'egress.security_groups', 'ingress', 'ingress.security_groups'],
  aws_vpc_endpoint: ['route_table_ids', 'security_group_ids', 'subnet_configuration', 'subnet_ids'],
};

/** IAM reads these without order, and one for a list of one. */
const POLICY_LISTS = new Set(['Statement', 'Action', 'NotAction', 'Resource', 'NotResource']);

/** @param path names on the way, without indices: `network_configuration.subnets`, `policy.Statement.Action` */
export function isSet(address: string, path: string): boolean {
  const last = path.slice(path.lastIndexOf('.') + 1);
  // Terraform's own lists.
  if (path === 'depends_on' || path.startsWith('lifecycle.')) return true;
  return POLICY_LISTS.has(last) || member(SETS, typeOf(address))?.includes(path) === true;
}

/** Whether a single value stands for a list of one: in policies, and where Terraform takes blocks. */
export function isPolicyList(path: string): boolean {
  return POLICY_LISTS.has(path.slice(path.lastIndexOf('.') + 1));
}
