import { createHash, createHmac } from 'node:crypto';

/** A request as it came over the wire: nothing is decoded. */
export interface SignableRequest {
  readonly method: string;
  /** Path and query; bytes beyond ASCII as Latin-1, as Node gives them. */
  readonly url: string;
  /** All values of a header, by its name in small letters: `headersDistinct` of a request. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** @default none, as of an upgrade */
  readonly body?: Buffer;
}

/** What a signature is made for: `20150830/us-east-1/service/aws4_request`. */
export interface Scope {
  /** YYYYMMDD */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const SIGNATURE_PARAMETER = 'X-Amz-Signature';
/** In which a client may say the hash of its body. */
export const PAYLOAD_HASH_HEADER = 'x-amz-content-sha256';
/** The one service that does not encode a path once more than it is on the wire, nor shorten it. */
const S3 = 's3';
/** What S3 takes in the place of the body's hash. */
const UNSIGNED_PAYLOADS = ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'] as const;

/**
 * Signature Version 4 as AWS publishes it ("Create a signed AWS API request"), hexadecimal. Written apart from the SDK's
 * signer, which clients sign with, so that the two check each other.
 * @param signedAt YYYYMMDDTHHMMSSZ
 */
export function signatureOf(
  request: SignableRequest,
  signedHeaders: readonly string[],
  signedAt: string,
  scope: Scope,
  secret: string,
): string {
  const canonical = canonicalRequest(request, signedHeaders, scope.service);
  const stringToSign = [ALGORITHM, signedAt, scopeText(scope), sha256(Buffer.from(canonical, 'latin1'))].join('\n');
  const key = [scope.day, scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(
    (parent, part) => createHmac('sha256', parent).update(part).digest(),
    `AWS4${secret}`,
  );
  return createHmac('sha256', key).update(stringToSign).digest('hex');
}

export function canonicalRequest(request: SignableRequest, signedHeaders: readonly string[], service: string): string {
  const { method, url, headers } = request;
  const [path, query] = splitUrl(url);
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? []).map(trimmed).join(',')}\n`);
  return [
    method,
    service === S3 ? pathInS3(path) : canonicalPath(path),
    canonicalQuery(query),
    lines.join(''),
    signedHeaders.join(';'),
    payloadHash(request, service),
  ].join('\n');
}

/** SHA-256 of the body, hexadecimal; where S3 lets a client leave the body out of the signature, what it writes instead. */
export function payloadHash({ url, headers, body }: SignableRequest, service: string): string {
  const [said] = headers[PAYLOAD_HASH_HEADER] ?? [];
  const isPresigned = queryParameters(url).some(([name]) => name === SIGNATURE_PARAMETER);
  const unsigned = UNSIGNED_PAYLOADS.find((one) => one === (said ?? (isPresigned ? 'UNSIGNED-PAYLOAD' : '')));
  return service === S3 && unsigned !== undefined ? unsigned : sha256(body ?? Buffer.alloc(0));
}

/** The parameters of a query, decoded, in the order in which they stand. A plus is a space. */
export function queryParameters(url: string): (readonly [name: string, value: string])[] {
  const [, query] = splitUrl(url);
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return [decode(name), decode(value.join('='))] as const;
    });
}

export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/aws4_request`;
}

/** Encoded once more than on the wire. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const isFolder = segments.length > 0 && path.endsWith('/');
  return `/${segments.map(encode).join('/')}${isFolder ? '/' : ''}`;
}

function pathInS3(path: string): string {
  return path
    .split('/')
    .map((segment) => encode(decodePercent(segment)))
    .join('/');
}

function canonicalQuery(query: string): string {
  return queryParameters(`?${query}`)
    .filter(([name]) => name !== SIGNATURE_PARAMETER)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, first], [b, second]) => compare(a, b) || compare(first, second))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function splitUrl(url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

/** By their code, and not as a language orders them. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A character is a byte here. */
function decode(text: string): string {
  return decodePercent(text.replaceAll('+', ' '));
}

function decodePercent(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

function encode(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function trimmed(value: string): string {
  return value.trim().replaceAll(/ +/g, ' ');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
