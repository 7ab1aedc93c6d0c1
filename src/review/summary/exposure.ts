import { asList, isObject, type Json, type JsonObject, textOf } from '../json';
import { referencesOf } from '../expression/references';
import { parseTemplate } from '../expression/parse';
import { type Stack, typeOf } from '../stack';
import { decode } from '../expression/decode';
import { Defaults, type Facts } from './facts';
import { statements } from './policy';

const ANYWHERE = new Set(['0.0.0.0/0', '::/0']);

/** Who reaches what: each source of each rule, public addresses, ways to the internet, policies of endpoints. */
export function exposure(stack: Stack): Facts {
  const defaults = new Defaults(stack);
  return new Set(
    [...stack.resources].flatMap(([address, block]) => [
      ...ruleFacts(address, block, defaults),
      ...publicAddresses(address, block, defaults),
      ...waysOut(address, block, defaults),
      ...endpointPolicy(address, block),
    ]),
  );
}

function ruleFacts(address: string, block: JsonObject, defaults: Defaults): string[] {
  switch (typeOf(address)) {
    case 'aws_security_group':
      return (['ingress', 'egress'] as const).flatMap((direction) =>
        asList(block[direction])
          .filter(isObject)
          .flatMap((rule) => sourcesOf(address, direction, rule, defaults)),
      );
    case 'aws_security_group_rule':
      return sourcesOf(groupOf(block), block.type === 'egress' ? 'egress' : 'ingress', block, defaults);
    case 'aws_vpc_security_group_ingress_rule':
      return sourcesOf(groupOf(block), 'ingress', block, defaults);
    case 'aws_vpc_security_group_egress_rule':
      return sourcesOf(groupOf(block), 'egress', block, defaults);
    default:
      return [];
  }
}

/** Every name that one of the three kinds of rules has for the other side. */
const PEERS = [
  'cidr_blocks',
  'ipv6_cidr_blocks',
  'cidr_ipv4',
  'cidr_ipv6',
  'prefix_list_ids',
  'prefix_list_id',
  'security_groups',
  'source_security_group_id',
  'referenced_security_group_id',
] as const;

function sourcesOf(group: string, direction: 'ingress' | 'egress', rule: JsonObject, defaults: Defaults): string[] {
  const peers = PEERS.flatMap((name) => asList(rule[name])).map((peer) => {
    const isAnywhere = ANYWHERE.has(textOf(defaults.value(peer)));
    return `${defaults.show(shortened(peer))}${isAnywhere && direction === 'ingress' ? ': THE WHOLE INTERNET' : ''}`;
  });
  const all = rule.self === true ? [...peers, 'itself'] : peers;
  const way = direction === 'ingress' ? 'from' : 'to';
  return all.map((peer) => `${group}: ${direction} ${portsOf(rule, defaults)} ${way} ${peer}`);
}

/** `tcp 443`, `tcp 1024-65535`, `everything` */
function portsOf(rule: JsonObject, defaults: Defaults): string {
  const protocol = textOf(defaults.value(rule.protocol ?? rule.ip_protocol) ?? '?');
  if (protocol === '-1' || protocol === 'all') return 'everything';
  const [from, to] = [rule.from_port, rule.to_port].map((port) =>
    port === undefined ? 'all' : defaults.show(port ?? 'all'),
  );
  return `${protocol} ${from === to ? from : `${from}-${to}`}`;
}

function groupOf({ security_group_id: id }: JsonObject): string {
  return shortName(id) ?? textOf(id);
}

/** A reference to a resource's id by the resource alone. */
function shortened(peer: Json): Json {
  return shortName(peer) ?? peer;
}

function shortName(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const expression = parseTemplate(value);
  const [reference] = expression.kind === 'attribute' ? referencesOf(expression) : [];
  return reference?.attribute === 'id' ? reference.address : undefined;
}

function publicAddresses(address: string, block: JsonObject, defaults: Defaults): string[] {
  const isOn = (value: Json | undefined): boolean =>
    value !== undefined && value !== null && defaults.value(value) !== false;
  const [network] = asList(block.network_configuration).filter(isObject);
  switch (typeOf(address)) {
    case 'aws_eip':
      return [`${address}: a public address`];
    case 'aws_subnet':
      return isOn(block.map_public_ip_on_launch) ? [`${address}: gives what starts in it a public address`] : [];
    case 'aws_ecs_service':
      return isOn(network?.assign_public_ip) ? [`${address}: its tasks have public addresses`] : [];
    case 'aws_instance':
      return isOn(block.associate_public_ip_address) ? [`${address}: has a public address`] : [];
    case 'aws_rds_cluster_instance':
    case 'aws_db_instance':
      return isOn(block.publicly_accessible) ? [`${address}: PUBLICLY ACCESSIBLE`] : [];
    case 'aws_lb':
    case 'aws_alb':
      return isOn(block.internal) ? [] : [`${address}: a load balancer that faces the internet`];
    default:
      return [];
  }
}

const TARGETS = [
  'gateway_id',
  'nat_gateway_id',
  'transit_gateway_id',
  'vpc_peering_connection_id',
  'egress_only_gateway_id',
];

function waysOut(address: string, block: JsonObject, defaults: Defaults): string[] {
  if (typeOf(address) !== 'aws_route') return [];
  const table = asList(block.route_table_id).flatMap((id) =>
    referencesOf(parseTemplate(textOf(id))).map((reference) => reference.address),
  );
  const to = [block.destination_cidr_block, block.destination_ipv6_cidr_block]
    .flatMap(asList)
    .map((one) => defaults.show(one));
  const through = TARGETS.flatMap((name) => asList(block[name])).flatMap((id) =>
    referencesOf(parseTemplate(textOf(id))).map((reference) => reference.address),
  );
  return [`${table[0] ?? address}: reaches ${to.join(', ')} through ${through[0] ?? '?'}`];
}

function endpointPolicy(address: string, { policy }: JsonObject): string[] {
  if (typeOf(address) !== 'aws_vpc_endpoint') return [];
  if (policy === undefined || policy === null) return [`${address}: no policy: everybody may do everything through it`];
  return statements(decode(policy)).map((statement) => `${address}: policy: ${statement}`);
}
