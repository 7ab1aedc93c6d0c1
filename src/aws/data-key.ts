import { GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { UserError } from '../errors';
import { DATA_KEY_BYTES, type DataKey } from '../session/cipher';
import { awsCall } from './errors';

/**
 * A data key for an encrypted session. The context is the one with which the agent decrypts it
 * (session-manager-plugin `encryption/kmsservice.go`).
 * @throws UserError when KMS refuses
 */
export async function generateDataKey(
  kms: KMSClient,
  keyId: string,
  { sessionId, target }: { readonly sessionId: string; readonly target: string },
): Promise<DataKey> {
  const { Plaintext: plaintext, CiphertextBlob: ciphertext } = await awsCall('kms:GenerateDataKey', () =>
    kms.send(
      new GenerateDataKeyCommand({
        KeyId: keyId,
        NumberOfBytes: DATA_KEY_BYTES,
        EncryptionContext: { 'aws:ssm:SessionId': sessionId, 'aws:ssm:TargetId': target },
      }),
    ),
  );
  if (plaintext === undefined || ciphertext === undefined) {
    throw new UserError('kms:GenerateDataKey answered without a key', 'Try again');
  }
  return { plaintext, ciphertext };
}
