import { type SignableRequest } from '../../../src/local-aws/signature/canonical';
import { signedHeaders } from '../../../src/local-aws/signature/sign';
import { SignatureVerifier } from '../../../src/local-aws/signature/verifier';
import { signCall } from '../../support/sign';

const lists = (headers: Readonly<Record<string, string>>): SignableRequest['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));

const verifierOf = (id: string, secretAccessKey: string, now: number): SignatureVerifier =>
  new SignatureVerifier({
    credential: (one) => (one === id ? { secretAccessKey, sessionToken: undefined, expiresAt: undefined } : undefined),
    now: () => now,
  });

describe("AWS's example of a form", () => {
  const now = Date.UTC(2015, 7, 30, 12, 36);
  const verifier = verifierOf('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', now);
  const form = (body: string): SignableRequest => ({
    method: 'POST',
    url: '/',
    headers: lists({
      'content-type': 'application/x-www-form-urlencoded',
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    }),
    body: Buffer.from(body),
  });

  it('is accepted', () => {
    expect(verifier.verify(form('Param1=value1')).accessKeyId).toBe('AKIDEXAMPLE');
  });

  it('is refused with another body', () => {
    expect(() => verifier.verify(form('Param1=value2'))).toThrow(/does not match/);
  });
});

describe("AWS's examples of S3", () => {
  const ID = 'AKIAIOSFODNN7EXAMPLE';
  const verifier = verifierOf(ID, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', Date.UTC(2013, 4, 24));
  const put = (body: string): SignableRequest => ({
    method: 'PUT',
    url: '/test%24file.text',
    headers: lists({
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      authorization: `AWS4-HMAC-SHA256 Credential=${ID}/20130524/us-east-1/s3/aws4_request,SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd`,
    }),
    body: Buffer.from(body),
  });

  it('is accepted: an object that is put', () => {
    expect(verifier.verify(put('Welcome to Amazon S3.')).accessKeyId).toBe(ID);
  });

  it('is refused: another object', () => {
    expect(() => verifier.verify(put('Welcome to Amazon S4.'))).toThrow(/does not match/);
  });

  it('is accepted: a presigned URL', () => {
    const url = `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${ID}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`;
    const request = { method: 'GET', url, headers: lists({ host: 'examplebucket.s3.amazonaws.com' }) };
    expect(verifier.verify(request).accessKeyId).toBe(ID);
  });
});

const KEY = { accessKeyId: 'local', secretAccessKey: 'secret' };
const NOW = Date.UTC(2026, 10, 28, 12);
const URL_OF_CALL = 'http://127.0.0.1:4566/a%20b?x=%2F&a=1';

/** Signed by the SDK's signer. */
async function verify(service: string, said: string | undefined, body: string, sent = body): Promise<string> {
  const headers = said === undefined ? {} : { 'x-amz-content-sha256': said };
  const signed = await signCall(URL_OF_CALL, { headers, body }, { key: KEY, service, at: new Date(NOW) });
  const { pathname, search } = new URL(URL_OF_CALL);
  const request = { method: 'POST', url: pathname + search, headers: lists(signed), body: Buffer.from(sent) };
  return verifierOf(KEY.accessKeyId, KEY.secretAccessKey, NOW).verify(request).accessKeyId;
}

describe('a body', () => {
  const hash = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'; // of hello

  it('is signed with the rest', async () => {
    expect(await verify('kms', undefined, 'hello')).toBe('local');
    expect(await verify('kms', hash, 'hello')).toBe('local');
    await expect(verify('kms', undefined, 'hello', 'hallo')).rejects.toThrow(/does not match/);
  });

  it('is what its hash says', async () => {
    await expect(verify('kms', hash, 'hello', 'hallo')).rejects.toThrow(/does not match/);
    // Signed as it is, beside a hash that is another's.
    const call = {
      method: 'POST',
      url: 'http://h/',
      headers: { 'x-amz-content-sha256': hash },
      body: 'hallo',
    } as const;
    const signed = signedHeaders(call, KEY, { region: 'eu-west-1', service: 'kms' }, new Date(NOW));
    const request = { method: 'POST', url: '/', headers: lists({ ...signed, host: 'h' }), body: Buffer.from('hallo') };
    expect(() => verifierOf('local', 'secret', NOW).verify(request)).toThrow(/does not match/);
  });

  it.each(['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'])('is left out by %s in S3 alone', async (said) => {
    await expect(verify('kms', said, 'hello')).rejects.toThrow(/does not match/);
  });
});

it('our own calls are signed as the SDK signs them', async () => {
  const call = {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'x-amz-target': 'A.B' },
    body: 'hello',
  } as const;
  const at = new Date(NOW);
  const own = signedHeaders({ ...call, url: URL_OF_CALL }, KEY, { region: 'eu-west-1', service: 'kms' }, at);
  const { host: _host, ...theirs } = await signCall(URL_OF_CALL, call, {
    key: KEY,
    region: 'eu-west-1',
    service: 'kms',
    at,
  });
  expect(own).toEqual(theirs);
});
