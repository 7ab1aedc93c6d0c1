import { UserError } from '../errors';
import { isList, isObject, type Json } from '../review/json';

/**
 * What is a block and what an attribute, which JSON does not tell. Source: `terraform providers schema -json` of AWS
 * provider 5.100.0 (`block_types`), for what the stack sets; `hcl.test.ts` holds it against the provider. The paths are
 * below a type: `aws_x` is a resource, `data.aws_x` a data source.
 */
export const BLOCKS: ReadonlySet<string> = new Set([
  'aws_ecs_cluster.configuration',
  'aws_ecs_cluster.configuration.execute_command_configuration',
  'aws_ecs_cluster.configuration.execute_command_configuration.log_configuration',
  'aws_ecs_cluster.setting',
  'aws_ecs_service.network_configuration',
  'aws_rds_cluster_parameter_group.parameter',
  'data.aws_availability_zones.filter',
]);

/** Attributes whose values are objects, or lists of them. */
const ATTRIBUTES: ReadonlySet<string> = new Set(['aws_security_group.egress', 'aws_security_group.ingress']);

/** A kind of block that the table does not have. */
export class UnknownBlockError extends UserError {
  constructor(path: string) {
    super(`Whether ${path} is a block or an attribute is not known`, 'Add it to the table in src/hcl/blocks.ts');
  }
}

/** Whether a value of a resource or data source is written as blocks. @throws UnknownBlockError */
export function isBlock(path: string, value: Json): boolean {
  if (BLOCKS.has(path)) return true;
  if (!isObject(value) && !(isList(value) && value.some(isObject))) return false;
  // Tags are a map throughout the provider.
  if (ATTRIBUTES.has(path) || path.endsWith('.tags')) return false;
  throw new UnknownBlockError(path);
}
