import { createHash, createHmac } from 'node:crypto';
import { signUpgrade } from '../../../src/aws/sign-upgrade';

const HOST = 'ssmmessages.ap-northeast-1.amazonaws.com';
const PATH = '/v1/data-channel/ecs-execute-command-0ab';
const DATE = new Date('2026-10-09T12:34:56.789Z');
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SCOPE = '20261009/ap-northeast-1/ssmmessages/aws4_request';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As AWS publishes the algorithm, from a canonical request that is written out by hand. */
function signature(canonicalRequest: string): string {
  const text = ['AWS4-HMAC-SHA256', '20261009T123456Z', SCOPE, sha256(canonicalRequest)].join('\n');
  const key = ['20261009', 'ap-northeast-1', 'ssmmessages', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${KEYS.secretAccessKey}`,
  );
  return hmac(key, text).toString('hex');
}

const sign = (query: string, credentials: Parameters<typeof signUpgrade>[1]['credentials'] = KEYS, host = HOST) =>
  signUpgrade(new URL(`wss://${host}${PATH}${query}`), { credentials, region: 'ap-northeast-1', date: DATE });

it('signs the GET with its whole query, in the headers of the upgrade', async () => {
  const canonical = [
    'GET',
    PATH,
    'cell-number=AAEA%2Bw%3D%3D&role=publish_subscribe',
    `host:${HOST}`,
    'x-amz-date:20261009T123456Z',
    '',
    'host;x-amz-date',
    sha256(''),
  ].join('\n');
  expect(await sign('?role=publish_subscribe&cell-number=AAEA%2Bw%3D%3D')).toEqual({
    'x-amz-date': '20261009T123456Z',
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=host;x-amz-date, Signature=${signature(canonical)}`,
  });
});

it('shows the token of temporary credentials, and signs it', async () => {
  const canonical = [
    'GET',
    PATH,
    'role=publish_subscribe',
    `host:${HOST}`,
    'x-amz-date:20261009T123456Z',
    'x-amz-security-token:the/token==',
    '',
    'host;x-amz-date;x-amz-security-token',
    sha256(''),
  ].join('\n');
  const headers = await sign('?role=publish_subscribe', { ...KEYS, sessionToken: 'the/token==' });
  expect(headers['x-amz-security-token']).toBe('the/token==');
  expect(headers.authorization).toContain(`Signature=${signature(canonical)}`);
});

it('signs the port of a host that has one', async () => {
  const canonical = [
    'GET',
    PATH,
    '',
    'host:127.0.0.1:4511',
    'x-amz-date:20261009T123456Z',
    '',
    'host;x-amz-date',
    sha256(''),
  ].join('\n');
  expect((await sign('', KEYS, '127.0.0.1:4511')).authorization).toContain(`Signature=${signature(canonical)}`);
});

it.each(['X-Amz-Signature=0', 'X-Amz-Credential=a%2Fb', 'X-Amz-Security-Token=t'])(
  'leaves a URL alone that is signed already: %s',
  async (parameter) => {
    expect(await sign(`?role=publish_subscribe&${parameter}`)).toEqual({});
  },
);
