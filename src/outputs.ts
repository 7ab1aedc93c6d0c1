import { UserError } from './errors';

/** The stack's outputs: those of the existing system and no other, so that its state fits without a change. */
export const OUTPUT_NAMES = [
  'vpc_id',
  'public_subnets',
  'private_subnets',
  'aurora_cluster_id',
  'aurora_cluster_endpoint',
  'aurora_cluster_reader_endpoint',
  'aurora_instance_ids',
  'aurora_instance_endpoints',
  'aurora_security_group_id',
  'bastion_cluster_name',
  'bastion_task_definition_arn',
  'bastion_task_definition_family',
  'bastion_security_group_id',
  'bastion_log_group_name',
  'bastion_connect_command',
  'bastion_run_task_command',
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** The construct that declares them. */
export const OUTPUTS_CONSTRUCT = 'outputs';

/** What the helper needs of them. */
export interface Outputs {
  readonly bastionClusterName: string;
  readonly bastionTaskDefinitionFamily: string;
  readonly bastionSecurityGroupId: string;
  readonly privateSubnetIds: readonly string[];
  readonly region: string;
}

const REMEDY = 'Deploy the stack again with `npx cdktf deploy`';

export class StackNotDeployedError extends UserError {
  constructor() {
    super('The stack is not deployed: it has no outputs', 'Run `npx cdktf deploy`');
  }
}

/**
 * Reads the text of `terraform output -json`, or of the file that `cdktf deploy --outputs-file` writes, in which the
 * values stand under the stack's name and the construct's that declares them, and without their types.
 * @param stackId which of the file's stacks; undefined: it has one
 * @throws StackNotDeployedError when there are none, UserError that names what is wrong
 */
export function parseOutputs(json: string, stackId?: string): Outputs {
  const values = outputValues(parseJson(json), stackId);
  return {
    bastionClusterName: text(values, 'bastion_cluster_name'),
    bastionTaskDefinitionFamily: text(values, 'bastion_task_definition_family'),
    bastionSecurityGroupId: text(values, 'bastion_security_group_id'),
    privateSubnetIds: subnetIds(values),
    region: regionOfArn(text(values, 'bastion_task_definition_arn')),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parseJson(json: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UserError('The outputs are not JSON', 'Write them with `npx cdktf deploy --outputs-file FILE`', {
      cause: error,
    });
  }
  if (isFields(value)) return value;
  throw new UserError(`The outputs are ${describe(value)}, expected an object`, REMEDY);
}

function outputValues(document: Fields, stackId: string | undefined): Fields {
  const entries = Object.entries(document);
  if (entries.length === 0) throw new StackNotDeployedError();
  // terraform output: { name: { sensitive, type, value } }
  if (entries.every(([, one]) => isFields(one) && 'value' in one && 'type' in one)) {
    return Object.fromEntries(entries.map(([name, one]) => [name, isFields(one) ? one.value : undefined]));
  }
  // cdktf's file: { stack: { construct: { name: value } } }
  const stacks = entries.flatMap(([name, stack]) => {
    const values = isFields(stack) && isFields(stack[OUTPUTS_CONSTRUCT]) ? stack[OUTPUTS_CONSTRUCT] : stack;
    return isFields(values) && 'bastion_cluster_name' in values ? [[name, values] as const] : [];
  });
  const names = stacks.map(([name]) => name).join(', ');
  const [first, ...others] = stackId === undefined ? stacks : stacks.filter(([name]) => name === stackId);
  if (others.length > 0) {
    const remedy = 'Name the environment with --env, or pass a file with one of them';
    throw new UserError(`The outputs hold several stacks: ${names}`, remedy);
  }
  if (first !== undefined) return first[1];
  if (names !== '') {
    throw new UserError(`The outputs are those of ${names}, not of ${stackId ?? ''}`, 'Pass a file that has them');
  }
  if (entries.every(([, one]) => isFields(one) && Object.keys(one).length === 0)) throw new StackNotDeployedError();
  return document;
}

function subnetIds(values: Fields): readonly string[] {
  const subnets = values.private_subnets;
  if (!isFields(subnets)) throw wrong('private_subnets', subnets, 'a map of subnets');
  const ids = Object.entries(subnets).map(([zone, subnet]) => {
    const id = isFields(subnet) ? subnet.id : undefined;
    if (typeof id !== 'string') throw wrong(`private_subnets[${JSON.stringify(zone)}].id`, id, 'text');
    return id;
  });
  if (ids.length === 0) throw wrong('private_subnets', subnets, 'at least one subnet');
  return ids;
}

function text(values: Fields, name: OutputName): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(name, value, 'text');
}

function regionOfArn(arn: string): string {
  const region = arn.split(':')[3];
  if (region === undefined || region === '') throw wrong('bastion_task_definition_arn', arn, 'an ARN');
  return region;
}

function wrong(name: string, value: unknown, expected: string): UserError {
  return new UserError(`The output ${name} is ${describe(value)}, expected ${expected}`, REMEDY);
}

function describe(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
