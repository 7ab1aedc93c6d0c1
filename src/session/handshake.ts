import type { Cipher } from './cipher';
import { type DataKey } from './cipher';
import { ActionStatus, type HandshakeAction, type HandshakeRequest, type ProcessedAction } from './payload';

const SESSION_TYPES = ['InteractiveCommands', 'NonInteractiveCommands', 'Standard_Stream'];
const ENCRYPTION = 'KMSEncryption';

/** The KMS key that the agent wants the session encrypted with; undefined when it wants none. */
export function requestedKey({ actions }: HandshakeRequest): string | undefined {
  const keyId = actions.find(({ actionType }) => actionType === ENCRYPTION)?.parameters.KMSKeyId;
  return typeof keyId === 'string' ? keyId : undefined;
}

/** What became of the wish for a data key: the key, or why there is none. */
export type KeyOutcome = { readonly key: DataKey; readonly cipher: Cipher } | { readonly error: string };

/** The answers to what the agent asks for, in its order. */
export function processActions({ actions }: HandshakeRequest, outcome: KeyOutcome | undefined): ProcessedAction[] {
  return actions.map((action) => (action.actionType === ENCRYPTION ? encryption(outcome) : other(action)));
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

function other({ actionType, parameters }: HandshakeAction): ProcessedAction {
  if (actionType === 'SessionType' && SESSION_TYPES.includes(String(parameters.SessionType))) {
    return { actionType, status: ActionStatus.Success, result: null, error: '' };
  }
  const error = `This client does not support ${actionType} ${JSON.stringify(parameters)}`;
  return { actionType, status: ActionStatus.Unsupported, result: null, error };
}
