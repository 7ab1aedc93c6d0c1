import { randomBytes } from 'node:crypto';
import { ProtocolError } from '../../errors';
import type { Encryption } from './encryption';
import { type DataKeyRequest, decryptDataKey, type KmsAccess } from './kms';

const RANDOM_CHALLENGE_BYTES = 16;
const CHALLENGE_BYTES = 64;

export interface EncryptionHandshakeOptions {
  readonly sessionId: string;
  readonly target: string;
  readonly keyId: string;
  readonly kms: KmsAccess;
  readonly region: string;
  readonly encryption: Encryption;
  /** @default the real call */
  readonly decryptDataKey?: (request: DataKeyRequest) => Promise<Buffer>;
}

/** What a client answers to the action KMSEncryption. */
interface ActionResult {
  readonly KMSCipherTextKey?: string;
  readonly ChallengeAcknowledgement?: boolean;
}

/** The agent's part in agreeing on a key: `datachannel.go` and `blockcipher.go`. */
export class EncryptionHandshake {
  private readonly randomChallenge = randomBytes(RANDOM_CHALLENGE_BYTES).toString('base64');
  private readonly challenge = randomBytes(CHALLENGE_BYTES);

  constructor(private readonly options: EncryptionHandshakeOptions) {}

  /** The second action that is asked of a client. */
  get action(): object {
    const { keyId } = this.options;
    return { ActionType: 'KMSEncryption', ActionParameters: { KMSKeyId: keyId, Challenge: this.randomChallenge } };
  }

  /** Has KMS decrypt the key that the client has had made. @throws Error with the agent's words */
  async takeKey(actionResult: unknown): Promise<void> {
    const { sessionId, target, keyId, kms, region, encryption } = this.options;
    const { KMSCipherTextKey = '', ChallengeAcknowledgement } = (actionResult ?? {}) as ActionResult;
    const decrypt = this.options.decryptDataKey ?? decryptDataKey;
    try {
      const key = await decrypt({
        kms,
        region,
        keyId,
        cipherTextKey: KMSCipherTextKey,
        encryptionContext: {
          'aws:ssm:SessionId': sessionId,
          'aws:ssm:TargetId': target,
          ...(ChallengeAcknowledgement === true ? { 'aws:ssm:RandomChallenge': this.randomChallenge } : {}),
        },
      });
      encryption.useKey(key);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Fetching data key failed: Unable to retrieve data key, Error when decrypting data key ${why}`, {
        cause: error,
      });
    }
  }

  /** What a client can only send back when it has the same key. */
  get challengeRequest(): object {
    return { Challenge: this.options.encryption.seal(this.challenge).toString('base64') };
  }

  /** @throws ProtocolError; the agent then neither acknowledges nor tells the client, and the handshake runs out */
  checkChallenge(payload: Buffer): void {
    const { Challenge } = parseAnswer(payload) as { readonly Challenge?: unknown };
    const answer = this.options.encryption.open(Buffer.from(String(Challenge), 'base64'));
    if (answer.equals(this.challenge)) return;
    throw new ProtocolError('Encryption challenge does not match!');
  }
}

/** @throws ProtocolError when it is no JSON */
export function parseAnswer(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch (error) {
    throw new ProtocolError('an answer in the handshake is not JSON', { cause: error });
  }
}
