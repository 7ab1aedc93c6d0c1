import { readChannelUrl } from '../../../src/local-aws/channel-url';
import { signatureOf } from '../../../src/local-aws/signature/canonical';
import { SignatureVerifier } from '../../../src/local-aws/signature/verifier';

const NOW = Date.UTC(2026, 9, 9, 12);
const SIGNED_AT = '20261009T120000Z';
const SCOPE = { day: '20261009', region: 'ap-northeast-1', service: 'ssmmessages' };
const verifier = new SignatureVerifier({
  credential: () => ({ secretAccessKey: 'secret', sessionToken: undefined, expiresAt: undefined }),
  now: () => NOW,
});

/** A right signature over these headers, in this order. */
function verify(names: readonly string[], dates: readonly string[] = [SIGNED_AT]): string {
  const request = { method: 'GET', url: '/v1/data-channel/s', headers: { host: ['h'], 'x-amz-date': dates } };
  const signature = signatureOf(request, names, SIGNED_AT, SCOPE, 'secret');
  const authorization = `AWS4-HMAC-SHA256 Credential=key/20261009/ap-northeast-1/ssmmessages/aws4_request, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const signed = { ...request, headers: { ...request.headers, authorization: [authorization] } };
  return verifier.verify(signed, SCOPE).accessKeyId;
}

it('takes signed headers in their order', () => {
  expect(verify(['host', 'x-amz-date'])).toBe('key');
});

it.each([
  ['out of order', ['x-amz-date', 'host'], undefined],
  ['twice', ['host', 'host', 'x-amz-date'], undefined],
  ['with two dates', ['host', 'x-amz-date'], [SIGNED_AT, SIGNED_AT]],
] as const)('refuses them %s, though the signature is right', (_how, names, dates) => {
  expect(() => verify(names, dates)).toThrow(/does not match/);
});

it.each(['/v1/data-channel/a/b', '/v1/data-channel/a/../b?role=x', '/v1/data-channel/'])(
  'takes %s for no data channel',
  (url) => {
    expect(readChannelUrl(url)).toBeUndefined();
  },
);
