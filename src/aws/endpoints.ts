import type { AwsAccess } from './clients';

/** Of an SDK client: where it calls, once it has called, when that is no address of AWS's own rules. */
export interface EndpointConfiguration {
  readonly isCustomEndpoint?: boolean | undefined;
  readonly endpoint?:
    | (() => Promise<{ readonly protocol: string; readonly hostname: string; readonly port?: number | undefined }>)
    | undefined;
}

/** Where data channels are opened, named as the SDKs name the variables of other services. */
export const CHANNEL_ENDPOINT_VARIABLE = 'AWS_ENDPOINT_URL_SSMMESSAGES';

/** The services whose calls hand out the addresses of streams. */
const VARIABLES = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_ECS', 'AWS_ENDPOINT_URL_SSM'];

/** Where data channels are opened; undefined: where the service says. */
export function channelEndpoint(
  { channelEndpoint: endpoint }: Pick<AwsAccess, 'channelEndpoint'>,
  env = process.env,
): string | undefined {
  return endpoint ?? nonEmpty(env[CHANNEL_ENDPOINT_VARIABLE]);
}

const WEBSOCKET: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

/** `wss://HOST` of an endpoint, as `https://HOST` names it; undefined when it is no address of one. */
export function webSocketOrigin(endpoint: string): string | undefined {
  const url = parseUrl(endpoint);
  const scheme = url === undefined ? undefined : WEBSOCKET[url.protocol];
  return url === undefined || scheme === undefined ? undefined : `${scheme}//${url.host}`;
}

/** Undefined for what is no URL, or has a name and a password, which no address of AWS's has. */
export function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.username === '' && url.password === '' ? url : undefined;
  } catch {
    return undefined;
  }
}

/** Endpoints that the user has named, by variables or in the file that the client has read. */
export async function configuredEndpoints(
  { isCustomEndpoint, endpoint }: EndpointConfiguration,
  env = process.env,
): Promise<readonly string[]> {
  const named = VARIABLES.flatMap((name) => nonEmpty(env[name]) ?? []);
  if (isCustomEndpoint !== true || endpoint === undefined) return named;
  const { protocol, hostname, port } = await endpoint();
  return [...named, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`];
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
