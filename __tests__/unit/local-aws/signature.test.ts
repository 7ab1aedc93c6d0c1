import { SignatureVerifier } from '../../../src/local-aws/signature/verifier';
import { type Key, presignedUrl, signedHeaders, type Signing } from '../../support/sign';

const NOW = Date.UTC(2026, 10, 28, 12);
const minutes = (count: number): Date => new Date(NOW + count * 60_000);
const URL_OF_CHANNEL =
  'ws://127.0.0.1:4566/v1/data-channel/local-0123?role=publish_subscribe&cell-number=AAE%2Ba%2F8%3D';

const LONG: Key = { accessKeyId: 'AKIA1', secretAccessKey: 'long' };
const TEMPORARY: Key = { accessKeyId: 'ASIA1', secretAccessKey: 'temporary', sessionToken: 'token+of/one=' };
const OTHER: Key = { accessKeyId: 'ASIA2', secretAccessKey: 'other', sessionToken: 'token+of/two=' };
const EXPIRED: Key = { accessKeyId: 'ASIA3', secretAccessKey: 'expired', sessionToken: 'token+of/three=' };

const known = new Map(
  [LONG, TEMPORARY, OTHER, EXPIRED].map(({ accessKeyId, secretAccessKey, sessionToken }) => [
    accessKeyId,
    { secretAccessKey, sessionToken, expiresAt: sessionToken === undefined ? undefined : NOW + 60_000 },
  ]),
);
known.set('ASIA3', { secretAccessKey: 'expired', sessionToken: 'token+of/three=', expiresAt: NOW - 1 });

const verifier = new SignatureVerifier({
  credential: (id) => known.get(id),
  now: () => NOW,
});

/** @returns the key, or the code and the words of the refusal */
function verify(url: string, headers: Record<string, string>): unknown {
  const path = url.slice(url.indexOf('/v1/'));
  const lists = Object.entries(headers).map(([name, value]) => [name, [value]] as const);
  const request = { method: 'GET', url: path, headers: Object.fromEntries(lists) };
  try {
    return verifier.verify(request, { region: 'ap-northeast-1', service: 'ssmmessages' }).accessKeyId;
  } catch (error) {
    const { code, message, status } = error as { code: string; message: string; status: number };
    return `${status} ${code}: ${message}`;
  }
}

const MISMATCH =
  '403 InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const UNKNOWN = '403 UnrecognizedClientException: The security token included in the request is invalid.';

const changed = (change: (url: string) => string) => ({ url: change(URL_OF_CHANNEL) });
const without = (name: string) => (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name));

interface Change {
  /** What is asked for in place of what was signed. */
  readonly url?: string;
  readonly headers?: (signed: Record<string, string>) => Record<string, string>;
}

describe('an upgrade that is signed with', () => {
  it.each<[what: string, signing: Signing, answer: string, change?: Change]>([
    ['a key', { key: LONG }, 'AKIA1'],
    ['temporary credentials', { key: TEMPORARY }, 'ASIA1'],
    [
      'the same query written otherwise',
      { key: LONG },
      'AKIA1',
      changed((url) => url.replace(/\?.*/, '?cell-number=AAE%2ba/8=&role=publish%5Fsubscribe')),
    ],
    [
      'another region',
      { key: LONG, region: 'us-east-1' },
      '403 InvalidSignatureException: Credential should be scoped to a valid region. ',
    ],
    [
      'another service',
      { key: LONG, service: 'ssm' },
      "403 InvalidSignatureException: Credential should be scoped to correct service: 'ssmmessages'. ",
    ],
    [
      'a query that changed later',
      { key: LONG },
      MISMATCH,
      changed((url) => url.replace('publish_subscribe', 'publish')),
    ],
    ['a plus in the query, which is a space', { key: LONG }, MISMATCH, changed((url) => url.replace('%2B', '+'))],
    ['no query', { key: LONG, without: 'query' }, MISMATCH],
    ['no host', { key: LONG, without: 'host' }, MISMATCH],
    ['another path', { key: LONG }, MISMATCH, changed((url) => url.replace('0123', '0124'))],
    ['another host', { key: LONG }, MISMATCH, { headers: (signed) => ({ ...signed, host: '127.0.0.1:1' }) }],
    ['the wrong secret', { key: { ...LONG, secretAccessKey: 'short' } }, MISMATCH],
    ['a key that is not known', { key: { ...LONG, accessKeyId: 'AKIA9' } }, UNKNOWN],
    [
      'a clock 6 minutes late',
      { key: LONG, at: minutes(-6) },
      '403 InvalidSignatureException: Signature expired: 20261128T115400Z is now earlier than 20261128T115500Z (20261128T120000Z - 5 min.)',
    ],
    [
      'a clock 6 minutes early',
      { key: LONG, at: minutes(6) },
      '403 InvalidSignatureException: Signature not yet current: 20261128T120600Z is still later than 20261128T120500Z (20261128T120000Z + 5 min.)',
    ],
    ['a clock 4 minutes late', { key: LONG, at: minutes(-4) }, 'AKIA1'],
    ['a clock 4 minutes early', { key: LONG, at: minutes(4) }, 'AKIA1'],
    [
      'credentials that have expired',
      { key: EXPIRED },
      '403 ExpiredTokenException: The security token included in the request is expired',
    ],
    ['no token', { key: { accessKeyId: 'ASIA1', secretAccessKey: 'temporary' } }, UNKNOWN],
    ["another key's token", { key: { ...TEMPORARY, sessionToken: 'token+of/two=' } }, UNKNOWN],
    ['a token that its key does not have', { key: { ...LONG, sessionToken: 'token+of/one=' } }, UNKNOWN],
    [
      'a token that is not signed',
      { key: { accessKeyId: 'ASIA1', secretAccessKey: 'temporary' } },
      MISMATCH,
      { headers: (signed) => ({ ...signed, 'x-amz-security-token': 'token+of/one=' }) },
    ],
    [
      'nothing',
      { key: LONG },
      '403 MissingAuthenticationTokenException: Missing Authentication Token',
      { headers: without('authorization') },
    ],
    ['no date', { key: LONG }, MISMATCH, { headers: without('x-amz-date') }],
    [
      'half a signature',
      { key: LONG },
      MISMATCH,
      { headers: (signed) => ({ ...signed, authorization: signed.authorization?.slice(0, -1) ?? '' }) },
    ],
  ])('%s', async (_, signing, answer, change = {}) => {
    const signed = await signedHeaders(URL_OF_CHANNEL, { at: new Date(NOW), ...signing });
    expect(verify(change.url ?? URL_OF_CHANNEL, change.headers?.(signed) ?? signed)).toBe(answer);
  });
});

describe('a presigned URL', () => {
  const host = { host: '127.0.0.1:4566' };

  it.each<[what: string, signing: Signing, answer: string]>([
    ['a key', { key: LONG }, 'AKIA1'],
    ['temporary credentials', { key: TEMPORARY }, 'ASIA1'],
    ['the wrong secret', { key: { ...LONG, secretAccessKey: 'short' } }, MISMATCH],
    [
      'seconds that are over',
      { key: LONG, at: minutes(-2) },
      '403 InvalidSignatureException: Signature expired: 20261128T115800Z is now earlier than 20261128T115900Z (20261128T120000Z - 1 min.)',
    ],
  ])('by %s', async (_, signing, answer) => {
    expect(verify(await presignedUrl(URL_OF_CHANNEL, { at: new Date(NOW), ...signing }), host)).toBe(answer);
  });

  it('whose query changed is refused', async () => {
    const url = await presignedUrl(URL_OF_CHANNEL, { key: LONG, at: new Date(NOW) });
    expect(verify(url.replace('publish_subscribe', 'publish'), host)).toBe(MISMATCH);
  });
});
