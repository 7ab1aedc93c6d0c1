import { createHash, createHmac } from 'node:crypto';
import { type SignableRequest, signatureOf } from '../../../src/local-aws/signature/canonical';
import { SignatureVerifier } from '../../../src/local-aws/signature/verifier';

/** What AWS publishes its examples with. */
const KEY_ID = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SIGNED_AT = '20150830T123600Z';

const hostAndDate = { host: ['example.amazonaws.com'], 'x-amz-date': [SIGNED_AT] };

const verifier = new SignatureVerifier({
  credential: (id) =>
    id === KEY_ID ? { secretAccessKey: SECRET, sessionToken: undefined, expiresAt: undefined } : undefined,
  now: () => Date.UTC(2015, 7, 30, 12, 36),
});

function signed(request: SignableRequest, signature: string): SignableRequest {
  const names = Object.keys(request.headers).toSorted().join(';');
  const authorization = `AWS4-HMAC-SHA256 Credential=${KEY_ID}/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`;
  return { ...request, headers: { ...request.headers, authorization: [authorization] } };
}

/** AWS's test suite of Signature Version 4, as far as its requests have no body. */
describe("AWS's examples", () => {
  it.each<[name: string, method: string, url: string, more: Record<string, string[]>, signature: string]>([
    ['get-vanilla', 'GET', '/', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-empty-query-key',
      'GET',
      '/?Param1=value1',
      {},
      'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      {},
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-vanilla-query-unreserved',
      'GET',
      '/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      {},
      '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    ],
    [
      'get-utf8',
      'GET',
      Buffer.from('/ሴ').toString('latin1'),
      {},
      '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    ],
    [
      'get-header-key-duplicate',
      'GET',
      '/',
      { 'my-header1': ['value2', 'value2', 'value1'] },
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    ],
    [
      'get-header-value-trim',
      'GET',
      '/',
      { 'my-header1': [' value1'], 'my-header2': [' "a   b   c"'] },
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    ['get-relative', 'GET', '/example/..', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['get-slash', 'GET', '//', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ])('%s is accepted', (_, method, url, more, signature) => {
    const request = signed({ method, url, headers: { ...hostAndDate, ...more } }, signature);
    expect(verifier.verify(request, { region: 'us-east-1', service: 'service' }).accessKeyId).toBe(KEY_ID);
  });

  it('the user guide’s has the signature that is printed there', () => {
    const headers = {
      ...hostAndDate,
      host: ['iam.amazonaws.com'],
      'content-type': ['application/x-www-form-urlencoded; charset=utf-8'],
    };
    const request = { method: 'GET', url: '/?Action=ListUsers&Version=2010-05-08', headers };
    const scope = { day: '20150830', region: 'us-east-1', service: 'iam' };
    expect(signatureOf(request, ['content-type', 'host', 'x-amz-date'], SIGNED_AT, scope, SECRET)).toBe(
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    );
  });
});

it('the signature of a data channel is what the steps give when they are written out', () => {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const canonical = [
    'GET',
    '/v1/data-channel/ecs-execute-command-0123',
    'cell-number=AAE%2Ba%2F8%3D&role=publish_subscribe',
    'host:127.0.0.1:4566',
    'x-amz-date:20261128T010000Z',
    'x-amz-security-token:a+token/=',
    '',
    'host;x-amz-date;x-amz-security-token',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', // SHA-256 of nothing
  ].join('\n');
  const scope = '20261128/eu-west-1/ssmmessages/aws4_request';
  const stringToSign = `AWS4-HMAC-SHA256\n20261128T010000Z\n${scope}\n${hash(canonical)}`;
  const ofDay = mac('AWS4secret', '20261128');
  const ofRegion = mac(ofDay, 'eu-west-1');
  const ofService = mac(ofRegion, 'ssmmessages');
  const signature = mac(mac(ofService, 'aws4_request'), stringToSign).toString('hex');

  const channels = new SignatureVerifier({
    credential: () => ({ secretAccessKey: 'secret', sessionToken: 'a+token/=', expiresAt: undefined }),
    now: () => Date.UTC(2026, 10, 28, 1),
  });
  const request = {
    method: 'GET',
    url: '/v1/data-channel/ecs-execute-command-0123?role=publish_subscribe&cell-number=AAE%2Ba%2F8%3D',
    headers: {
      host: ['127.0.0.1:4566'],
      upgrade: ['websocket'],
      'x-amz-date': ['20261128T010000Z'],
      'x-amz-security-token': ['a+token/='],
      authorization: [
        `AWS4-HMAC-SHA256 Credential=ASIA/${scope}, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=${signature}`,
      ],
    },
  };
  expect(channels.verify(request, { region: 'eu-west-1', service: 'ssmmessages' }).accessKeyId).toBe('ASIA');
});
