import { partition } from '@aws-sdk/core/client';
import { ChannelRefusedError } from '../session/upgrade';
import { parseUrl, webSocketOrigin } from './endpoints';

/** The session's stream is somewhere that neither AWS nor the user has named. */
export class StreamUrlError extends ChannelRefusedError {
  constructor(where: string, region: string) {
    super(
      `The stream of the session is said to be at ${where}, which is no address of Session Manager in ${region}`,
      'Nothing was sent there. If it is an endpoint of your own, name it with --endpoint-url-ssmmessages or AWS_ENDPOINT_URL_SSMMESSAGES',
    );
  }
}

/** An endpoint that is not an address of HTTP. */
export class EndpointError extends ChannelRefusedError {
  constructor(endpoint: string) {
    super(
      `${JSON.stringify(endpoint)} is no address of an endpoint for ssmmessages`,
      'Write it as https://HOST, such as https://vpce-0123-abcd.ssmmessages.ap-northeast-1.vpce.amazonaws.com',
    );
  }
}

export interface StreamPlace {
  readonly region: string;
  /** Where data channels are opened in the place of the host that the service names; the rest of the URL stays. */
  readonly endpoint?: string | undefined;
  /** Endpoints of ECS and Systems Manager that the user has named: a stream at the same host belongs to them. */
  readonly configured: readonly string[];
}

/**
 * The address of a session's stream, before a token or a signature goes there: a Session Manager host of the region's
 * partition, a VPC endpoint's name of it, or a host that is configured.
 * @throws StreamUrlError EndpointError
 */
export function streamAddress(streamUrl: string, { region, endpoint, configured }: StreamPlace): URL {
  const url = parseUrl(streamUrl);
  // Its text may hold what nobody is to see.
  if (url === undefined || url.hash !== '' || !/^wss?:$/.test(url.protocol)) {
    throw new StreamUrlError('what is no address of a WebSocket', region);
  }
  if (endpoint !== undefined) return atEndpoint(url, endpoint);
  const isOurs = configured.some((one) => isAt(url, one, region));
  if (isOurs || (url.protocol === 'wss:' && url.port === '' && isSessionManager(url.hostname, region))) return url;
  throw new StreamUrlError(url.origin, region);
}

function atEndpoint({ pathname, search }: URL, endpoint: string): URL {
  const origin = webSocketOrigin(endpoint);
  if (origin === undefined) throw new EndpointError(endpoint);
  const address = new URL(origin);
  address.pathname = pathname;
  address.search = search;
  return address;
}

/** AWS's own endpoints of other services hold no streams. */
function isAt(url: URL, endpoint: string, region: string): boolean {
  const at = parseUrl(endpoint);
  if (at?.hostname !== url.hostname || suffixes(region).some((one) => url.hostname.endsWith(`.${one}`))) return false;
  return url.protocol === 'wss:' || (url.protocol === 'ws:' && at.protocol === 'http:');
}

/** `ssmmessages.REGION.SUFFIX`, `ssmmessages-fips…`, or `vpce-….ssmmessages.REGION.vpce.SUFFIX`. */
function isSessionManager(host: string, region: string): boolean {
  return suffixes(region).some((suffix) => {
    if (!host.endsWith(`.${suffix}`)) return false;
    const name = host.slice(0, -suffix.length - 1);
    const [service, where, ...more] = name.replace(/^vpce-[0-9a-z-]+\./, '').split('.');
    const isVpce = name.startsWith('vpce-');
    return /^ssmmessages(-fips)?$/.test(service ?? '') && where === region && more.join('.') === (isVpce ? 'vpce' : '');
  });
}

function suffixes(region: string): readonly string[] {
  const { dnsSuffix, dualStackDnsSuffix } = partition(region);
  return [dnsSuffix, dualStackDnsSuffix];
}
