import { ProtocolError } from '../errors';
import { Cipher, type DataKey } from './cipher';
import { CLIENT_VERSION } from './client-version';
import { NotEncryptedError } from './errors';
import { offeredSession, processActions, requestedKey, type SessionKind } from './handshake';
import {
  decodeEncryptionChallenge,
  decodeHandshakeComplete,
  decodeHandshakeRequest,
  encodeEncryptionChallenge,
  encodeHandshakeResponse,
  type HandshakeRequest,
} from './payload';

/** Who answered, and what the session is. */
export interface Offer {
  readonly agentVersion: string;
  readonly kind: SessionKind;
  /** Of a port session: the parameters of its document, such as `portNumber`, `localPortNumber`, `host` and `type`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What the agent asks for takes some hundred bytes; a document's parameters may be some kilobytes. */
const MAX_HANDSHAKE_BYTES = 16 * 1024;

type State =
  /** It may still begin. */
  | 'awaited'
  /** The agent wants the session encrypted, and the key is being fetched. */
  | 'keyWanted'
  /** There was no key: the agent has been told, and ends the session. */
  | 'keyRefused'
  /** The key is with the agent, which has not proven yet that it has it. */
  | 'keyed'
  | 'answered'
  | 'complete'
  /** The session has begun without one, so none may follow. */
  | 'skipped';

/**
 * The client's side of the handshake: one, at the very beginning, or none. Whatever stands elsewhere is a `ProtocolError`:
 * a second one could take the encryption off again, or have keys made for somebody else.
 */
export class ClientHandshake {
  private state: State = 'awaited';
  private request: HandshakeRequest | undefined;
  private agreed: Cipher | undefined;

  /** @param mustEncrypt whether a session without encryption is refused */
  constructor(
    private readonly accepted: readonly SessionKind[],
    private readonly mustEncrypt: boolean,
  ) {}

  /** Encrypts the session; undefined while or when it is not encrypted. */
  get cipher(): Cipher | undefined {
    return this.agreed;
  }

  /** Whether data may go either way. */
  get isOver(): boolean {
    return this.state === 'complete' || this.state === 'skipped';
  }

  get isAwaited(): boolean {
    return this.state === 'awaited';
  }

  /** Whether the session may turn out to have none: a port session always has one. */
  get mayBeSkipped(): boolean {
    return this.isAwaited && !this.mustEncrypt && this.accepted.includes('shell');
  }

  /** What the handshake has offered; undefined without a handshake. */
  get offer(): Offer | undefined {
    const { request } = this;
    const session = request === undefined ? undefined : offeredSession(request);
    return request === undefined || session === undefined
      ? undefined
      : { agentVersion: request.agentVersion, ...session };
  }

  /**
   * Data has come, or silence that rules a handshake out.
   * @throws ProtocolError in the middle of a handshake, or when the session had to be encrypted
   */
  skip(): void {
    if (this.isOver) return;
    if (!this.isAwaited) throw new ProtocolError('output came in the middle of the handshake');
    if (this.mustEncrypt) throw new NotEncryptedError();
    this.state = 'skipped';
  }

  /** @returns the id of the KMS key that a data key is wanted of, or the response */
  begin(payload: Buffer): { readonly keyId: string } | { readonly response: Buffer } {
    if (!this.isAwaited) throw new ProtocolError('a handshake came when the session had begun');
    this.request = decodeHandshakeRequest(limited(payload));
    const keyId = requestedKey(this.request);
    if (keyId === undefined && this.mustEncrypt) throw new NotEncryptedError();
    this.state = keyId === undefined ? 'answered' : 'keyWanted';
    return keyId === undefined ? { response: this.respond(this.request) } : { keyId };
  }

  /** @returns the response; undefined when nobody waits for a key. @throws ProtocolError when it is no data key */
  takeKey(key: DataKey): Buffer | undefined {
    if (this.request === undefined || this.state !== 'keyWanted') return undefined;
    const cipher = new Cipher(key.plaintext);
    this.agreed = cipher;
    this.state = 'keyed';
    return this.respond(this.request, { key, cipher });
  }

  /** @returns the response; undefined when nobody waits for a key */
  refuseKey(error: string): Buffer | undefined {
    if (this.request === undefined || this.state !== 'keyWanted') return undefined;
    this.state = 'keyRefused';
    return this.respond(this.request, { error });
  }

  /** Once: who could ask for more would have things decrypted. @returns the answer to the agent's proof of its key */
  answerChallenge(payload: Buffer): Buffer {
    if (this.state !== 'keyed' || this.agreed === undefined) {
      throw new ProtocolError('an encryption challenge came that is not part of the handshake');
    }
    const challenge = this.agreed.decrypt(decodeEncryptionChallenge(limited(payload)));
    this.state = 'answered';
    return encodeEncryptionChallenge(this.agreed.encrypt(challenge));
  }

  /** @returns what the user is to read */
  complete(payload: Buffer): string {
    if (this.state !== 'answered') throw new ProtocolError('the end of a handshake came where there was none to end');
    const { customerMessage } = decodeHandshakeComplete(limited(payload));
    this.state = 'complete';
    return customerMessage;
  }

  private respond(request: HandshakeRequest, outcome?: Parameters<typeof processActions>[1]): Buffer {
    return encodeHandshakeResponse(CLIENT_VERSION, processActions(request, outcome, this.accepted));
  }
}

function limited(payload: Buffer): Buffer {
  if (payload.length <= MAX_HANDSHAKE_BYTES) return payload;
  throw new ProtocolError(`a handshake has ${payload.length} bytes, expected at most ${MAX_HANDSHAKE_BYTES}`);
}
