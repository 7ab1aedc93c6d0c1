import type { AwsAccess } from './clients';

/** The part of an SDK client that has looked for an endpoint in variables and files. */
export interface EndpointConfiguration {
  readonly serviceConfiguredEndpoint?: (() => Promise<string | undefined>) | undefined;
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
  return endpoint ?? (ignoresVariables(env) ? undefined : nonEmpty(env[CHANNEL_ENDPOINT_VARIABLE]));
}

const WEBSOCKET: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

/** `wss://HOST` of an endpoint, as `https://HOST` names it; undefined when it is no address of one, or of a page there. */
export function webSocketOrigin(endpoint: string): string | undefined {
  const url = parseUrl(endpoint);
  if (url === undefined || url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined;
  const scheme = WEBSOCKET[url.protocol];
  return scheme === undefined ? undefined : `${scheme}//${url.host}`;
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
  { serviceConfiguredEndpoint: find }: EndpointConfiguration,
  env = process.env,
): Promise<readonly string[]> {
  if (ignoresVariables(env)) return [];
  const named = [await find?.(), ...VARIABLES.map((name) => env[name])];
  return named.flatMap((endpoint) => nonEmpty(endpoint) ?? []);
}

/** The SDKs' own switch, for endpoints in variables and files. */
function ignoresVariables({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: ignore }: NodeJS.ProcessEnv): boolean {
  return ignore?.toLowerCase() === 'true';
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
