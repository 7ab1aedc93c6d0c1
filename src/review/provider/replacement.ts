import { member } from '../json';
import { typeOf } from '../stack';

/**
 * Attributes whose change destroys a resource and creates it again. Terraform's schema does not tell
 * (`terraform providers schema -json` has no such field), so it stands here, for the types of this stack and their
 * kin. Source: each attribute was changed in a plan of AWS provider 5.100.0 and looked up in the plan's
 * `replace_paths`; those that no plan alone can change (blocks, and one of several that exclude each other) are
 * taken over unproved. `force-new.test.ts` asks the provider again about those that the stack sets.
 */
const FORCE_NEW: Readonly<Record<string, readonly string[]>> = {
  aws_cloudwatch_log_group: ['log_group_class', 'name', 'name_prefix'],
  aws_db_parameter_group: ['description', 'family', 'name', 'name_prefix'],
  aws_db_subnet_group: ['name', 'name_prefix'],
  aws_ecs_cluster: ['name'],
  aws_ecs_service: ['cluster', 'deployment_controller', 'iam_role', 'launch_type', 'name', 'scheduling_strategy'],
  aws_ecs_task_definition: [
    'container_definitions',
    'cpu',
    'enable_fault_injection',
    'ephemeral_storage',
    'execution_role_arn',
    'family',
    'inference_accelerator',
    'ipc_mode',
    'memory',
    'network_mode',
    'pid_mode',
    'placement_constraints',
    'proxy_configuration',
    'requires_compatibilities',
    'runtime_platform',
    'task_role_arn',
    'volume',
  ],
  aws_eip: ['address', 'domain', 'ipam_pool_id', 'network_border_group', 'public_ipv4_pool', 'vpc'],
  aws_iam_policy: ['description', 'name', 'name_prefix', 'path'],
  aws_iam_role: ['name', 'name_prefix', 'path'],
  aws_iam_role_policy: ['name', 'name_prefix', 'role'],
  aws_iam_role_policy_attachment: ['policy_arn', 'role'],
  aws_internet_gateway: [],
  aws_kms_key: ['custom_key_store_id', 'customer_master_key_spec', 'key_usage', 'multi_region', 'xks_key_id'],
  aws_nat_gateway: ['allocation_id', 'connectivity_type', 'private_ip', 'subnet_id'],
  aws_rds_cluster: [
    'availability_zones',
    'cluster_identifier',
    'cluster_identifier_prefix',
    'database_name',
    'db_subnet_group_name',
    'db_system_id',
    'engine',
    'engine_mode',
    'kms_key_id',
    'master_username',
    'snapshot_identifier',
    'source_region',
    'storage_encrypted',
  ],
  aws_rds_cluster_instance: [
    'availability_zone',
    'cluster_identifier',
    'custom_iam_instance_profile',
    'db_subnet_group_name',
    'engine',
    'identifier',
    'identifier_prefix',
  ],
  aws_rds_cluster_parameter_group: ['description', 'family', 'name', 'name_prefix'],
  aws_route: ['destination_cidr_block', 'destination_ipv6_cidr_block', 'destination_prefix_list_id', 'route_table_id'],
  aws_route_table: ['vpc_id'],
  aws_route_table_association: ['gateway_id', 'subnet_id'],
  aws_secretsmanager_secret: ['name', 'name_prefix'],
  aws_security_group: ['description', 'name', 'name_prefix', 'vpc_id'],
  aws_security_group_rule: [
    'cidr_blocks',
    'from_port',
    'ipv6_cidr_blocks',
    'prefix_list_ids',
    'protocol',
    'security_group_id',
    'self',
    'source_security_group_id',
    'to_port',
    'type',
  ],
  aws_subnet: ['availability_zone', 'availability_zone_id', 'cidr_block', 'ipv6_native', 'outpost_arn', 'vpc_id'],
  aws_vpc: ['cidr_block', 'instance_tenancy', 'ipv4_ipam_pool_id', 'ipv4_netmask_length'],
  aws_vpc_endpoint: [
    'resource_configuration_arn',
    'service_name',
    'service_network_arn',
    'service_region',
    'vpc_endpoint_type',
    'vpc_id',
  ],
  aws_vpc_endpoint_route_table_association: ['route_table_id', 'vpc_endpoint_id'],
  aws_vpc_security_group_egress_rule: ['security_group_id'],
  aws_vpc_security_group_ingress_rule: ['security_group_id'],
};

/** What is gone for good with a resource. */
const HOLDS: Readonly<Record<string, string>> = {
  aws_cloudwatch_log_group: 'its logs are lost',
  aws_rds_cluster: 'its data and automated backups are lost',
  aws_eip: 'its address is lost',
  aws_kms_key: 'all that it encrypts is lost',
};

/** Whether the table knows the type at all. */
export function knowsReplacement(address: string): boolean {
  return Object.hasOwn(FORCE_NEW, typeOf(address));
}

/** @param attribute of the first level, such as `cidr_block` */
export function forcesReplacement(address: string, attribute: string): boolean {
  return member(FORCE_NEW, typeOf(address))?.includes(attribute) === true;
}

/** What is lost when the resource is destroyed; undefined where it can simply be made again. */
export function lostWith(address: string): string | undefined {
  return member(HOLDS, typeOf(address));
}
