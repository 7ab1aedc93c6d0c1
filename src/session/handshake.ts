import type { Cipher } from './cipher';
import { type DataKey } from './cipher';
import { ActionStatus, type HandshakeAction, type HandshakeRequest, type ProcessedAction } from './payload';

/** What a session is for: a command and its terminal, or connections to a port. */
export type SessionKind = 'shell' | 'port';

/** What the agent calls them. */
const SESSION_KINDS: Readonly<Record<string, SessionKind>> = {
  InteractiveCommands: 'shell',
  NonInteractiveCommands: 'shell',
  Standard_Stream: 'shell',
  Port: 'port',
};
const SESSION_TYPE = 'SessionType';
const ENCRYPTION = 'KMSEncryption';

/** The KMS key that the agent wants the session encrypted with; undefined when it wants none. */
export function requestedKey({ actions }: HandshakeRequest): string | undefined {
  const keyId = actions.find(({ actionType }) => actionType === ENCRYPTION)?.parameters.KMSKeyId;
  return typeof keyId === 'string' ? keyId : undefined;
}

/** Which session the agent offers, with which document's parameters; undefined when it says nothing that is known. */
export function offeredSession({
  actions,
}: HandshakeRequest):
  { readonly kind: SessionKind; readonly properties: Readonly<Record<string, unknown>> } | undefined {
  const parameters = actions.find(({ actionType }) => actionType === SESSION_TYPE)?.parameters;
  const kind = SESSION_KINDS[String(parameters?.SessionType)];
  if (kind === undefined) return undefined;
  const properties = parameters?.Properties;
  return { kind, properties: isObject(properties) ? properties : {} };
}

/** What became of the wish for a data key: the key, or why there is none. */
export type KeyOutcome = { readonly key: DataKey; readonly cipher: Cipher } | { readonly error: string };

/** The answers to what the agent asks for, in its order. */
export function processActions(
  { actions }: HandshakeRequest,
  outcome: KeyOutcome | undefined,
  accepted: readonly SessionKind[],
): ProcessedAction[] {
  return actions.map((action) => (action.actionType === ENCRYPTION ? encryption(outcome) : other(action, accepted)));
}

function encryption(outcome: KeyOutcome | undefined): ProcessedAction {
  if (outcome === undefined || 'error' in outcome) {
    const error = outcome?.error ?? 'no key was asked for';
    return { actionType: ENCRYPTION, status: ActionStatus.Failed, result: null, error };
  }
  const result = {
    KMSCipherTextKey: Buffer.from(outcome.key.ciphertext).toString('base64'),
    KMSCipherTextHash: null,
  };
  return { actionType: ENCRYPTION, status: ActionStatus.Success, result, error: '' };
}

function other({ actionType, parameters }: HandshakeAction, accepted: readonly SessionKind[]): ProcessedAction {
  const kind = SESSION_KINDS[String(parameters.SessionType)];
  if (actionType === SESSION_TYPE && kind !== undefined && accepted.includes(kind)) {
    return { actionType, status: ActionStatus.Success, result: null, error: '' };
  }
  const error = `This client does not support ${actionType} ${JSON.stringify(parameters)}`;
  return { actionType, status: ActionStatus.Unsupported, result: null, error };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
