import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Endpoints } from '../../src/local-aws/endpoints';

export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Signing {
  /** @default one that nobody knows, for gateways that demand nothing */
  readonly key?: Key | undefined;
  readonly region?: string;
  readonly service?: string;
  readonly at?: Date;
  /** Leaves a part of the request out of the signature. */
  readonly without?: 'query' | 'host';
}

type Hash = ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

/** The hash in the form in which the SDK's signer wants it. */
class Sha256 {
  private hash: Hash;

  constructor(private readonly secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = this.newHash();
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    this.hash = this.newHash();
  }

  private newHash(): Hash {
    if (this.secret === undefined) return createHash('sha256');
    const secret = this.secret instanceof ArrayBuffer ? new Uint8Array(this.secret) : this.secret;
    return createHmac('sha256', secret as string | NodeJS.ArrayBufferView);
  }
}

const ANY: Key = { accessKeyId: 'any', secretAccessKey: 'any' };

/** A local AWS in this process, or the record of one in another. */
export interface Account extends Endpoints {
  readonly variables: Readonly<Record<string, string>>;
}

/** What a call says; its body is signed with the rest. */
export interface Call {
  readonly method?: string;
  /** Their names in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The key with which an account is opened. */
export function keyOf({ variables }: Pick<Account, 'variables'>): Key {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = variables;
  return { accessKeyId, secretAccessKey };
}

/** The headers of a call, host included, with those that the SDK's signer signs it with. */
export async function signCall(url: string, call: Call, signing: Signing): Promise<Record<string, string>> {
  const { method = 'POST', headers = {}, body = '' } = call;
  const request = { ...requestFor(url, signing), method, body };
  const all = { ...request, headers: { ...request.headers, ...headers } };
  return (await signer(signing).sign(all, { signingDate: signing.at ?? new Date() })).headers;
}

export async function signedFetch(url: string, call: Call, signing: Signing): Promise<Response> {
  const { method = 'POST', body } = call;
  const headers = await signCall(url, call, signing);
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
}

/** The headers, host included, with which the SDK's signer signs the upgrade of a data channel. */
export async function signedHeaders(streamUrl: string, signing: Signing = {}): Promise<Record<string, string>> {
  const { host } = new URL(streamUrl);
  const signed = await signer(signing).sign(requestFor(streamUrl, signing), { signingDate: signing.at ?? new Date() });
  return { host, ...signed.headers };
}

/** The same in the query of a URL. */
export async function presignedUrl(streamUrl: string, signing: Signing = {}): Promise<string> {
  const options = { signingDate: signing.at ?? new Date(), expiresIn: 60 };
  const { query = {} } = await signer(signing).presign(requestFor(streamUrl, signing), options);
  const url = new URL(streamUrl);
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');
  return url.href;
}

function signer({ key = ANY, region = 'ap-northeast-1', service = 'ssmmessages' }: Signing): SignatureV4 {
  return new SignatureV4({ credentials: key, region, service, sha256: Sha256, applyChecksum: false });
}

function requestFor(streamUrl: string, { without }: Signing) {
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(streamUrl);
  return {
    method: 'GET',
    protocol,
    hostname,
    port: Number(port),
    path: pathname,
    query: without === 'query' ? {} : Object.fromEntries(searchParams),
    headers: without === 'host' ? {} : { host },
  };
}
