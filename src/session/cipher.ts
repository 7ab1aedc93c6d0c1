import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ProtocolError } from '../errors';

/** A data key of KMS for one session: `plaintext` has 64 bytes and is a secret, `ciphertext` is for the agent. */
export interface DataKey {
  readonly plaintext: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export const DATA_KEY_BYTES = 64;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts payloads of a session with a KMS key: AES-256-GCM, nonce · ciphertext · tag, no additional data. The first
 * half of the data key is for what the agent sends, the second for what the client sends
 * (session-manager-plugin `encryption/encrypter.go`, amazon-ssm-agent `agent/session/crypto/blockcipher.go`).
 */
export class Cipher {
  private readonly fromAgent: Buffer;
  private readonly fromClient: Buffer;

  /** @throws ProtocolError when the key has another length */
  constructor(plaintext: Uint8Array) {
    if (plaintext.length !== DATA_KEY_BYTES) {
      throw new ProtocolError(`the data key has ${plaintext.length} bytes, expected ${DATA_KEY_BYTES}`);
    }
    const key = Buffer.from(plaintext);
    this.fromAgent = key.subarray(0, DATA_KEY_BYTES / 2);
    this.fromClient = key.subarray(DATA_KEY_BYTES / 2);
  }

  encrypt(data: Buffer): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.fromClient, nonce);
    return Buffer.concat([nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws ProtocolError when the payload is not one of the agent's */
  decrypt(payload: Buffer): Buffer {
    const nonce = payload.subarray(0, NONCE_BYTES);
    const tag = payload.subarray(payload.length - TAG_BYTES);
    try {
      const decipher = createDecipheriv(ALGORITHM, this.fromAgent, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(tag);
      const data = decipher.update(payload.subarray(NONCE_BYTES, payload.length - TAG_BYTES));
      return Buffer.concat([data, decipher.final()]);
    } catch (error) {
      throw new ProtocolError('an encrypted payload does not decrypt with the session’s key', { cause: error });
    }
  }
}
