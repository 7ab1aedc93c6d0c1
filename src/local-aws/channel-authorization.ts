import type { IncomingMessage } from 'node:http';
import type { Faults } from './faults';
import type { ChannelRequest } from './gateway';
import type { Enforcement } from './iam/enforcement';
import type { SignatureVerifier } from './signature/verifier';

/** The name of the service for signatures. */
const CHANNEL_SERVICE = 'ssmmessages';

export interface ChannelAuthorizationOptions {
  readonly verifier: SignatureVerifier;
  readonly enforcement: Enforcement;
  readonly faults: () => Pick<Faults, 'policy'>;
}

/** What the service demands of a client before it opens a data channel: a signature, and the right to open it. */
export class ChannelAuthorization {
  constructor(private readonly options: ChannelAuthorizationOptions) {}

  /** @throws AwsError that says why the channel is not opened */
  async authorize(request: IncomingMessage, { sessionId, region }: ChannelRequest): Promise<void> {
    const { verifier, enforcement, faults } = this.options;
    const { method = 'GET', url = '/', headersDistinct: headers } = request;
    const { accessKeyId } = verifier.verify({ method, url, headers }, { region, service: CHANNEL_SERVICE });
    const { policy } = faults();
    if (policy !== undefined) await enforcement.checkChannel({ accessKey: accessKeyId, sessionId, region }, policy);
  }
}
