import type { OwnKey } from '../signature/credentials';
import { signedHeaders } from '../signature/sign';

const TIMEOUT_MS = 10_000;

/** A KMS, and the key to ask it with. The real agent asks in the name of the task's role. */
export interface KmsAccess {
  /** Such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly key: OwnKey;
}

export interface DataKeyRequest {
  readonly kms: KmsAccess;
  readonly region: string;
  readonly keyId: string;
  /** Base64, as the client had it from GenerateDataKey. */
  readonly cipherTextKey: string;
  /** The same as in GenerateDataKey, or KMS refuses. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/** @throws Error with the words of KMS */
export async function decryptDataKey(request: DataKeyRequest): Promise<Buffer> {
  const { kms, region, keyId, cipherTextKey, encryptionContext } = request;
  const call = {
    method: 'POST',
    url: kms.endpoint,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
    body: JSON.stringify({ CiphertextBlob: cipherTextKey, EncryptionContext: encryptionContext, KeyId: keyId }),
  } as const;
  const headers = signedHeaders(call, kms.key, { region, service: 'kms' });
  const answer = await fetch(call.url, { ...call, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = (await answer.json()) as Readonly<Record<string, string | undefined>>;
  if (!answer.ok) throw new Error(`${body.__type ?? ''}: ${body.message ?? body.Message ?? ''}`);
  return Buffer.from(body.Plaintext ?? '', 'base64');
}
