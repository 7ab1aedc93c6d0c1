import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Signing {
  /** @default the local AWS's own */
  readonly key?: Key;
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

const OWN: Key = { accessKeyId: 'local', secretAccessKey: 'local' };

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

function signer({ key = OWN, region = 'ap-northeast-1', service = 'ssmmessages' }: Signing): SignatureV4 {
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
