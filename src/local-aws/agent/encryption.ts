import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ProtocolError } from '../../errors';
import { type Message, PayloadType } from '../../session/message';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What the agent encrypts; a client encrypts Output alone. */
const FROM_AGENT: readonly number[] = [PayloadType.Output, PayloadType.StdErr, PayloadType.ExitCode];

/**
 * The agent's side of an encrypted session: AES-256-GCM without additional data, a payload is nonce, ciphertext and tag.
 * The data key's first half is for what the agent sends, the second for what it receives.
 */
export class Encryption {
  private sealKey: Buffer | undefined;
  private openKey: Buffer | undefined;

  /** @param nonce the first; each message has the one after that of the message before, as in the agent */
  constructor(private readonly nonce = randomBytes(NONCE_BYTES)) {}

  useKey(dataKey: Buffer): void {
    if (dataKey.length !== 2 * KEY_BYTES) {
      throw new ProtocolError(`the data key has ${dataKey.length} bytes, expected ${2 * KEY_BYTES}`);
    }
    this.sealKey = dataKey.subarray(0, KEY_BYTES);
    this.openKey = dataKey.subarray(KEY_BYTES);
  }

  /** What goes on the wire for a payload of this type. */
  encode(payloadType: number, payload: Buffer): Buffer {
    return FROM_AGENT.includes(payloadType) ? this.seal(payload) : payload;
  }

  /** A client's message as it was meant. @throws ProtocolError */
  decode(message: Message): Message {
    return message.payloadType === PayloadType.Output ? { ...message, payload: this.open(message.payload) } : message;
  }

  seal(plain: Buffer): Buffer {
    if (this.sealKey === undefined) throw new ProtocolError('there is no key to encrypt with yet');
    const nonce = Buffer.from(this.nonce);
    increment(this.nonce);
    const cipher = createCipheriv(ALGORITHM, this.sealKey, nonce);
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws ProtocolError when it was made with another key, or changed */
  open(bytes: Buffer): Buffer {
    if (this.openKey === undefined) throw new ProtocolError('there is no key to decrypt with yet');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) {
      throw new ProtocolError(`an encrypted payload has ${bytes.length} bytes, expected a nonce and a tag at least`);
    }
    const decipher = createDecipheriv(ALGORITHM, this.openKey, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new ProtocolError('an encrypted payload cannot be decrypted with the key of the session', { cause: error });
    }
  }
}

/** Adds one to a little-endian number. */
function increment(bytes: Buffer): void {
  for (const [index, byte] of bytes.entries()) {
    bytes[index] = (byte + 1) & 0xff;
    if (byte !== 0xff) return;
  }
}
