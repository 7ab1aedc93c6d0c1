import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { type Check, DEPLOY, failed, list, ok, type Outcome, warning } from './check';
import type { Facts } from './facts';
import { AGENT_ACTION, type Reach, reachByEndpoint, reachesS3, waysOut } from './reach';

/** What the exec agent talks to, and what ECS needs before a task runs. */
export const PATH_CHECKS: readonly Check[] = [
  { id: 'ssmmessages-path', title: 'Way to ssmmessages', look: wayToSsmMessages },
  { id: 'image-path', title: 'Way to image, packages and logs', look: wayToImage },
];

const NEEDS_A_WAY = 'Give the subnets a default route to a NAT gateway, or the VPC';

async function wayToSsmMessages(facts: Facts): Promise<Outcome> {
  const reach = await reachByEndpoint(facts, 'ssmmessages', AGENT_ACTION);
  if (reach.by === 'endpoint') return ok(`Through ${reach.found}`);
  if (reach.by === 'blocked') return failed(capital(reach.found), reach.remedy);
  const way = await waysOut(facts);
  const found = `${capital(reach.found)}, and ${way.found}`;
  const remedy = `${NEEDS_A_WAY} an endpoint for ssmmessages with private DNS: ${DEPLOY}`;
  if (way.kind === 'none') return failed(found, remedy);
  if (way.kind === 'elsewhere') return warning(found, 'See that this leads to ssmmessages');
  return ok(`Through ${way.found}: ${reach.found}`);
}

/** Services by which endpoints stand in for a NAT gateway, and an action that an endpoint's policy has to allow. */
const ACTIONS: Readonly<Record<string, string>> = {
  'ecr.api': 'ecr:GetAuthorizationToken',
  'ecr.dkr': 'ecr:BatchGetImage',
  logs: 'logs:PutLogEvents',
  secretsmanager: 'secretsmanager:GetSecretValue',
  ssm: 'ssm:GetParameters',
};

async function wayToImage(facts: Facts): Promise<Outcome> {
  const container = await facts.container();
  const services = servicesOf(container);
  const [way, ...reaches] = await Promise.all([
    waysOut(facts),
    ...services.map((service) => reachByEndpoint(facts, service, ACTIONS[service] ?? '*')),
  ]);
  const blocked = reaches.find(({ by }) => by === 'blocked');
  if (blocked !== undefined) return failed(capital(blocked.found), blocked.remedy);
  if (way.kind === 'nat') return ok(`Through ${way.found}`);
  const missing = await missingEndpoints(facts, container, reaches);
  if (missing.length === 0) return ok('Through endpoints');
  const found = capital(`${way.found}, and ${list(missing)}`);
  if (way.kind === 'elsewhere') return warning(found, 'See that this leads to the internet');
  return failed(found, `${NEEDS_A_WAY} these endpoints and an image in ECR: ${DEPLOY}`);
}

async function missingEndpoints(
  facts: Facts,
  { image = '', command = [] }: ContainerDefinition,
  reaches: readonly Reach[],
): Promise<readonly string[]> {
  const missing = reaches.filter(({ by }) => by === 'none').map(({ found }) => found);
  if (!isPrivateEcr(image)) missing.push(`the registry of ${image} is on the internet`);
  const line = command.join(' ');
  if (/\b(apt|apt-get|apk)\b/.test(line)) missing.push('the packages come from the internet');
  // Layers of images in ECR lie in S3, and so do the packages of Amazon Linux.
  if (!(await reachesS3(facts))) missing.push('there is no endpoint for s3');
  return missing;
}

/** Those that a task needs before its container runs. */
function servicesOf({ image = '', secrets = [], logConfiguration }: ContainerDefinition): string[] {
  const isOfSecretsManager = (from: string): boolean => from.includes(':secretsmanager:');
  return [
    ...(isPrivateEcr(image) ? ['ecr.api', 'ecr.dkr'] : []),
    ...(logConfiguration?.logDriver === 'awslogs' ? ['logs'] : []),
    ...(secrets.some(({ valueFrom = '' }) => isOfSecretsManager(valueFrom)) ? ['secretsmanager'] : []),
    ...(secrets.some(({ valueFrom = '' }) => !isOfSecretsManager(valueFrom)) ? ['ssm'] : []),
  ];
}

function isPrivateEcr(image: string): boolean {
  return /^\d+\.dkr\.ecr\./.test(image);
}

function capital(text: string): string {
  // An id stays as it is.
  return /^(subnet|vpce|nat)-/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
