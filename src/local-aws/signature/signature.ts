import { ALGORITHM, queryParameters, type Scope, type SignableRequest, SIGNATURE_PARAMETER } from './canonical';

/** What a request says of its own signature, not checked. */
export interface Signature {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
  /** YYYYMMDDTHHMMSSZ */
  readonly signedAt: string;
  readonly securityToken: string | undefined;
  /** Of a presigned URL, which is valid for so many seconds; undefined where the signature stands in headers. */
  readonly expiresSeconds: number | undefined;
}

const CREDENTIAL = /^([^/]+)\/(\d{8})\/([^/]*)\/([^/]*)\/aws4_request$/;
const DATE = /^\d{8}T\d{6}Z$/;
const HEX = /^[0-9a-f]{64}$/;
const SECONDS = /^[1-9]\d{0,5}$/;
/** A week. */
const MAX_EXPIRES_SECONDS = 604_800;

/** Undefined: it is not signed. `malformed`: what is there is no signature of version 4. */
export function readSignature(request: SignableRequest): Signature | 'malformed' | undefined {
  const [authorization, ...more] = request.headers.authorization ?? [];
  const query = new Map(queryParameters(request.url));
  const isPresigned = query.has('X-Amz-Algorithm') || query.has(SIGNATURE_PARAMETER);
  // Of another algorithm there is nothing that could be checked.
  const isSigned = authorization?.startsWith(ALGORITHM) === true;
  if (!isSigned && !isPresigned) return undefined;
  if (isSigned && (isPresigned || more.length > 0)) return 'malformed';
  return isSigned ? inHeaders(request, authorization) : inQuery(query);
}

function inHeaders({ headers }: SignableRequest, authorization: string): Signature | 'malformed' {
  const parts = authorization.slice(ALGORITHM.length).split(',');
  const part = (name: string): string | undefined =>
    parts
      .map((one) => one.trim())
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  return signatureOfParts({
    credential: part('Credential'),
    signedHeaders: part('SignedHeaders'),
    signature: part('Signature'),
    signedAt: headers['x-amz-date']?.[0],
    securityToken: headers['x-amz-security-token']?.[0],
    expires: undefined,
  });
}

function inQuery(query: ReadonlyMap<string, string>): Signature | 'malformed' {
  const expires = query.get('X-Amz-Expires');
  if (query.get('X-Amz-Algorithm') !== ALGORITHM || expires === undefined) return 'malformed';
  return signatureOfParts({
    credential: query.get('X-Amz-Credential'),
    signedHeaders: query.get('X-Amz-SignedHeaders'),
    signature: query.get(SIGNATURE_PARAMETER),
    signedAt: query.get('X-Amz-Date'),
    securityToken: query.get('X-Amz-Security-Token'),
    expires,
  });
}

type Part = 'credential' | 'signedHeaders' | 'signature' | 'signedAt' | 'securityToken' | 'expires';

function signatureOfParts(parts: Readonly<Record<Part, string | undefined>>): Signature | 'malformed' {
  const { credential = '', signedHeaders = '', signature = '', signedAt = '', securityToken, expires } = parts;
  const [, accessKeyId = '', day = '', region = '', service = ''] = CREDENTIAL.exec(credential) ?? [];
  const expiresSeconds = expires === undefined ? undefined : Number(expires);
  const isRight =
    accessKeyId !== '' &&
    HEX.test(signature) &&
    DATE.test(signedAt) &&
    signedAt.startsWith(day) &&
    (expires === undefined || (SECONDS.test(expires) && Number(expires) <= MAX_EXPIRES_SECONDS));
  if (!isRight) return 'malformed';
  const scope = { day, region, service };
  return {
    accessKeyId,
    scope,
    signedHeaders: signedHeaders.split(';'),
    signature,
    signedAt,
    securityToken,
    expiresSeconds,
  };
}
