const TIMEOUT_MS = 10_000;

export interface DataKeyRequest {
  /** Of the KMS, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly region: string;
  readonly keyId: string;
  /** Base64, as the client had it from GenerateDataKey. */
  readonly cipherTextKey: string;
  /** The same as in GenerateDataKey, or KMS refuses. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/** @throws Error with the words of KMS */
export async function decryptDataKey(request: DataKeyRequest): Promise<Buffer> {
  const answer = await fetch(request.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.Decrypt',
      // Nobody verifies it here; region and service are read from it.
      authorization: `AWS4-HMAC-SHA256 Credential=local/20200101/${request.region}/kms/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({
      CiphertextBlob: request.cipherTextKey,
      EncryptionContext: request.encryptionContext,
      KeyId: request.keyId,
    }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = (await answer.json()) as Readonly<Record<string, string | undefined>>;
  if (!answer.ok) throw new Error(`${body.__type ?? ''}: ${body.message ?? body.Message ?? ''}`);
  return Buffer.from(body.Plaintext ?? '', 'base64');
}
