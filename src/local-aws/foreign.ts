import type { IncomingMessage, ServerResponse } from 'node:http';

/** Where a listener is reached: `host:port`, as clients write it in `Host`. */
export type Hosts = (host: string) => boolean;

/**
 * Whether a request is from a web page, or meant for another server: no AWS client sends an `Origin` or asks before it
 * calls, and a page that has a name of its own lead here keeps that name in `Host`. Neither is looked at any further.
 */
export function isForeign({ method, headersDistinct }: IncomingMessage, isOurs: Hosts): boolean {
  const [host, ...more] = headersDistinct.host ?? [];
  const isForUs = host !== undefined && more.length === 0 && isOurs(host);
  return !isForUs || method === 'OPTIONS' || headersDistinct.origin !== undefined;
}

export function refuseForeign(response: ServerResponse): void {
  const body = JSON.stringify({
    message: 'This local AWS answers its own clients, at its own address, and no web page',
  });
  // What else the peer sends is not read.
  response.writeHead(403, { 'content-type': 'application/json', 'content-length': body.length, connection: 'close' });
  response.end(body);
}
