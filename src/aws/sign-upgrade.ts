import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** The service's name in signatures (session-manager-plugin `src/config/config.go`). */
const SERVICE = 'ssmmessages';

/** AWS credentials; `sessionToken` is that of temporary ones. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/**
 * Headers that sign the upgrade of a data channel with SigV4, as the official client does since 1.2.764.0: the GET with
 * its whole query (session-manager-plugin `src/communicator/websocketchannel.go`). None where the URL is signed already.
 * @param url as it goes over the wire
 */
export async function signUpgrade(
  url: URL,
  { credentials, region, date }: { readonly credentials: Credentials; readonly region: string; readonly date: Date },
): Promise<Readonly<Record<string, string>>> {
  if (isPresigned(url)) return {};
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const signer = new SignatureV4({
    service: SERVICE,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
    applyChecksum: false, // there is no body
  });
  const { headers } = await signer.sign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: { host: url.host },
    },
    { signingDate: date },
  );
  const { host: _host, ...signature } = headers;
  return signature;
}

const PRESIGNED = new Set(
  ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature', 'Security-Token'].map(
    (name) => `X-Amz-${name}`,
  ),
);

function isPresigned({ searchParams }: URL): boolean {
  return [...searchParams.keys()].some((name) => PRESIGNED.has(name));
}

function queryOf({ searchParams }: URL): Record<string, string[]> {
  return Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
}

type Hash = ReturnType<typeof createHash | typeof createHmac>;

/** SHA-256, and with a secret HMAC-SHA-256, in the form that the signer wants. */
class Sha256 {
  private hash: Hash;

  constructor(private readonly secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = this.start();
  }

  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    this.hash = this.start();
  }

  private start(): Hash {
    const { secret } = this;
    if (secret === undefined) return createHash('sha256');
    return createHmac('sha256', typeof secret === 'string' ? secret : viewOf(secret));
  }
}

function viewOf(bytes: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
