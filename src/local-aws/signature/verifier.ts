import { timingSafeEqual } from 'node:crypto';
import { AwsError } from '../aws-api';
import { PAYLOAD_HASH_HEADER, payloadHash, type Scope, type SignableRequest, signatureOf } from './canonical';
import type { Credential } from './credentials';
import { readSignature, type Signature } from './signature';

export interface VerifierOptions {
  readonly credential: (accessKeyId: string) => Credential | undefined;
  /** In ms. @default Date.now */
  readonly now?: () => number;
}

const SKEW_MINUTES = 5;
const MINUTE_MS = 60_000;
const STATUS = 403;

/** What a signature must be made for. */
export type Demand = Partial<Pick<Scope, 'region' | 'service'>>;

/** Checks who has signed a request. */
export class SignatureVerifier {
  constructor(private readonly options: VerifierOptions) {}

  /**
   * @param demand what is left out of it may be any
   * @returns the signature, which is right. @throws AwsError that says why it is not accepted, as the JSON services do
   */
  verify(request: SignableRequest, { region, service }: Demand = {}): Signature {
    const { credential, now = Date.now } = this.options;
    const found = readSignature(request);
    if (found === undefined) {
      throw refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    if (found === 'malformed') throw mismatch();
    const known = credential(found.accessKeyId);
    if (known === undefined || known.sessionToken !== found.securityToken) {
      throw refusal('UnrecognizedClientException', 'The security token included in the request is invalid.');
    }
    if (known.expiresAt !== undefined && known.expiresAt <= now()) {
      throw refusal('ExpiredTokenException', 'The security token included in the request is expired');
    }
    if (region !== undefined && found.scope.region !== region) {
      throw invalid('Credential should be scoped to a valid region. ');
    }
    if (service !== undefined && found.scope.service !== service) {
      throw invalid(`Credential should be scoped to correct service: '${service}'. `);
    }
    checkClock(found, now());
    const isRight =
      signsEnough(request, found) && saysItsBody(request, found) && isSignedWith(request, found, known.secretAccessKey);
    if (!isRight) throw mismatch();
    return found;
  }
}

function checkClock({ signedAt, expiresSeconds }: Signature, now: number): void {
  const signed = Date.parse(signedAt.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(signed)) throw mismatch(); // such as the 31st of February
  const minutes = expiresSeconds === undefined ? SKEW_MINUTES : expiresSeconds / 60;
  const [earliest, latest] = [now - minutes * MINUTE_MS, now + SKEW_MINUTES * MINUTE_MS];
  if (signed < earliest) {
    throw invalid(
      `Signature expired: ${signedAt} is now earlier than ${text(earliest)} (${text(now)} - ${minutes} min.)`,
    );
  }
  if (signed > latest) {
    throw invalid(
      `Signature not yet current: ${signedAt} is still later than ${text(latest)} (${text(now)} + ${SKEW_MINUTES} min.)`,
    );
  }
}

/** The host must be signed, and every header of AWS's own that is there. */
function signsEnough({ headers }: SignableRequest, { signedHeaders }: Signature): boolean {
  const own = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  return (
    isStrictlySorted(signedHeaders) &&
    (headers['x-amz-date']?.length ?? 1) === 1 &&
    ['host', ...own].every((name) => signedHeaders.includes(name)) &&
    signedHeaders.every((name) => headers[name] !== undefined)
  );
}

/** The hash that a client says of its body, if it says one, is the hash of what has come. */
function saysItsBody(request: SignableRequest, { scope }: Signature): boolean {
  const said = request.headers[PAYLOAD_HASH_HEADER] ?? [];
  return said.every((one) => one === payloadHash(request, scope.service));
}

/** As the algorithm has it: in order, and each once. */
function isStrictlySorted(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
}

function isSignedWith(request: SignableRequest, found: Signature, secret: string): boolean {
  const { signedHeaders, signedAt, scope, signature } = found;
  const right = signatureOf(request, signedHeaders, signedAt, scope, secret);
  return timingSafeEqual(Buffer.from(right), Buffer.from(signature));
}

/** As in messages: YYYYMMDDTHHMMSSZ. */
function text(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

function mismatch(): AwsError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

function invalid(message: string): AwsError {
  return refusal('InvalidSignatureException', message);
}

function refusal(code: string, message: string): AwsError {
  return new AwsError(code, message, STATUS);
}
