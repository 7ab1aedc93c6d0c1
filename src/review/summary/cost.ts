import { isList, type JsonObject, member, textOf } from '../json';
import { parseTemplate } from '../expression/parse';
import { referencesOf } from '../expression/references';
import { type Stack, typeOf } from '../stack';
import { Defaults } from './facts';
import { instancesOf, sizeOf } from './instances';
import { AURORA_HOURLY, FREE_WHEN_IDLE, HOURLY, HOURS_IN_MONTH, MONTHLY } from './prices';

/** What one resource costs a month while nothing happens. */
export interface Cost {
  /** USD; undefined: not known here, for the reason that `why` gives. */
  readonly monthly: number | undefined;
  readonly why: string;
}

/** The costs by address, with the defaults of the variables; what is free is not among them. */
export function costs(stack: Stack): ReadonlyMap<string, Cost> {
  const defaults = new Defaults(stack);
  const found = new Map<string, Cost>();
  for (const [address, block] of stack.resources) {
    const one = priceOf(defaults, address, block);
    if (one === 'free') continue;
    const count = instancesOf(defaults, address);
    found.set(
      address,
      typeof one === 'string' ? unknown(one) : count === undefined ? unknown('how many is not known') : one(count),
    );
  }
  return found;
}

/** The price of a number of them; a text: why there is none. */
type Price = ((count: number) => Cost) | string;

function priceOf(defaults: Defaults, address: string, block: JsonObject): Price {
  const type = typeOf(address);
  switch (type) {
    case 'aws_vpc_endpoint':
      return endpointPrice(defaults, block);
    case 'aws_nat_gateway':
      return hourly(HOURLY.natGateway);
    case 'aws_eip':
      return hourly(HOURLY.publicAddress);
    case 'aws_rds_cluster_instance': {
      const value = defaults.value(block.instance_class);
      const price = typeof value === 'string' ? member(AURORA_HOURLY, value) : undefined;
      return price === undefined ? `no price of ${textOf(value ?? 'the class')} in the table` : hourly(price);
    }
    case 'aws_ecs_service':
      return servicePrice(defaults, block);
    case 'aws_secretsmanager_secret':
      return (count) => ({ monthly: count * MONTHLY.secret, why: '' });
    case 'aws_kms_key':
      return (count) => ({ monthly: count * MONTHLY.kmsKey, why: '' });
    default:
      return FREE_WHEN_IDLE.has(type) || !type.startsWith('aws_') ? 'free' : 'no price in the table';
  }
}

function endpointPrice(
  defaults: Defaults,
  { vpc_endpoint_type: type = 'Gateway', subnet_ids: subnets }: JsonObject,
): Price {
  const kind = defaults.value(type);
  if (kind === 'Gateway') return 'free';
  const zones = subnets === undefined || subnets === null ? 1 : sizeOf(defaults, subnets);
  return zones === undefined ? 'in how many subnets is not known' : hourly(HOURLY.interfaceEndpoint * zones);
}

/** One task on Fargate costs its CPU and memory, and nothing while there is none. */
function servicePrice(defaults: Defaults, block: JsonObject): Price {
  const { task_definition: definition, desired_count: desired = 0 } = block;
  if (defaults.value(block.launch_type) !== 'FARGATE') return 'no price of what is not Fargate in the table';
  const [reference] = typeof definition === 'string' ? referencesOf(parseTemplate(definition)) : [];
  const task = defaults.stack.resources.get(reference?.address ?? '');
  const [cpu, memory, tasks] = [task?.cpu, task?.memory, desired].map((one) => {
    const value = defaults.value(one);
    return isList(value) || value === undefined || value === null ? Number.NaN : Number(value);
  });
  const price =
    ((cpu ?? Number.NaN) / 1024) * HOURLY.fargateCpu + ((memory ?? Number.NaN) / 1024) * HOURLY.fargateGigabyte;
  const all = price * (tasks ?? Number.NaN);
  return Number.isNaN(all) ? 'size or number of its tasks is not known' : hourly(all);
}

function hourly(price: number): Price {
  return (count) => ({ monthly: count * price * HOURS_IN_MONTH, why: '' });
}

function unknown(why: string): Cost {
  return { monthly: undefined, why };
}
