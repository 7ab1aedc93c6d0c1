import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { caller, element, query, temporaryDirectory } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';
import { type RawAnswer, rawRequest } from '../../support/raw-request';
import { refusedUpgrade } from '../../support/raw-upgrade';
import { type Call, type Key, keyOf, signCall, signedHeaders, type Signing } from '../../support/sign';

const NOBODY = 65_534;
/** curl's exit code. */
const COULD_NOT_CONNECT = 7;
const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0 };

let cluster: Cluster;
let directory: string;
let key: Key;

beforeAll(async () => {
  directory = join(temporaryDirectory(), 'aws');
  cluster = await startCluster({ faults: QUICK, directory });
  key = keyOf(cluster.aws);
}, 60_000);

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const LIST_KEYS: Call = {
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.ListKeys' },
  body: '{}',
};
const WHO_AM_I: Call = { headers: FORM, body: 'Action=GetCallerIdentity&Version=2011-06-15' };
const VPCS: Call = { headers: FORM, body: 'Action=DescribeVpcs&Version=2016-11-15' };

/** A call as it is signed, and as it is sent. */
async function ask(call: Call, signing: Signing, sent: Call = call): Promise<RawAnswer> {
  const { endpoint } = cluster.aws;
  return rawRequest(endpoint, { ...sent, headers: await signCall(endpoint, call, { key, ...signing }) });
}

/** The code of an error, in whichever form. */
const codeOf = ({ headers, body }: RawAnswer): string => String(headers['x-amzn-errortype'] ?? element(body, 'Code'));

describe('a call is answered', () => {
  it.each([
    ['kms', LIST_KEYS],
    ['sts', WHO_AM_I],
    ['ec2', VPCS],
  ])('with the key: %s', async (service, call) => {
    const answer = await ask(call, { service });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('a call is refused in the words of its service', () => {
  it.each<[service: string, call: Call, unknown: string, wrong: string]>([
    ['kms', LIST_KEYS, '400 UnrecognizedClientException', '400 InvalidSignatureException'],
    ['sts', WHO_AM_I, '403 InvalidClientTokenId', '403 SignatureDoesNotMatch'],
    ['ec2', VPCS, '401 AuthFailure', '403 SignatureDoesNotMatch'],
  ])('%s', async (service, call, unknown, wrong) => {
    const told = async (signing: Signing, sent?: Call): Promise<string> => {
      const answer = await ask(call, { service, ...signing }, sent);
      return `${answer.status} ${codeOf(answer)}`;
    };
    expect(await told({ key: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'any' } })).toBe(unknown);
    expect(await told({ key: { ...key, secretAccessKey: 'local' } })).toBe(wrong);
    expect(await told({}, { ...call, body: `${call.body ?? ''} ` })).toBe(wrong);
    expect(await told({ at: new Date(Date.now() - 400_000) })).toBe(wrong);
    expect(await told({ without: 'host' })).toBe(wrong);
  });

  it('without a signature', async () => {
    const answers = await Promise.all([LIST_KEYS, WHO_AM_I, {}].map((call) => rawRequest(cluster.aws.endpoint, call)));
    expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [400, 'MissingAuthenticationTokenException'],
      [403, 'MissingAuthenticationToken'],
      [403, 'MissingAuthenticationTokenException'],
    ]);
  });

  it('with nothing but the form of a signature, at every endpoint', async () => {
    const { endpoint, endpoints } = cluster.aws;
    const authorization =
      'AWS4-HMAC-SHA256 Credential=local/20200101/ap-northeast-1/ecs/aws4_request, SignedHeaders=host, Signature=0';
    const target = 'AmazonEC2ContainerServiceV20141113.ListClusters';
    for (const url of [endpoint, ...Object.values(endpoints)]) {
      const headers = { 'x-amz-target': target, authorization };
      expect((await rawRequest(url, { headers, body: '{}' })).status).toBe(400);
    }
  });
});

describe('the control of the local AWS', () => {
  const status = async (signing: Signing): Promise<number> => {
    const url = `${cluster.aws.endpoint}/_local/status`;
    const headers = await signCall(url, { method: 'GET' }, { key, ...signing });
    return (await rawRequest(url, { method: 'GET', headers })).status;
  };

  it('is for its own key', async () => {
    expect(await status({})).toBe(200);
    expect(await status({ key: { ...key, secretAccessKey: 'local' } })).toBe(403);
    for (const path of ['status', 'faults']) {
      expect((await rawRequest(`${cluster.aws.endpoint}/_local/${path}`, { method: 'GET' })).status).toBe(403);
    }
  });

  it('is not for one that it has given out, which opens the rest', async () => {
    const form = { Version: '2010-05-08', UserName: 'ann' };
    await query(cluster.aws, 'iam', { Action: 'CreateUser', ...form });
    const xml = await query(cluster.aws, 'iam', { Action: 'CreateAccessKey', ...form });
    const given = { accessKeyId: element(xml, 'AccessKeyId'), secretAccessKey: element(xml, 'SecretAccessKey') };
    expect((await ask(LIST_KEYS, { service: 'kms', key: given })).status).toBe(200);
    expect(await status({ key: given })).toBe(403);
  });
});

describe('what a browser would send is refused, though it is signed:', () => {
  /** A task is the worst that a call can start. */
  const RUN_TASK: Call = {
    headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.RunTask' },
    body: '{"cluster":"trial","taskDefinition":"idle","launchType":"FARGATE"}',
  };

  async function send(url: string, more: Readonly<Record<string, string>>, method: string): Promise<RawAnswer> {
    const signed = await signCall(url, { ...RUN_TASK, method }, { key, service: 'ecs' });
    return rawRequest(url, { method, headers: { ...signed, ...more }, body: RUN_TASK.body ?? '' });
  }

  it.each<[what: string, more: (url: string) => Readonly<Record<string, string>>, method: string]>([
    ["a page's origin", () => ({ origin: 'http://page.example' }), 'POST'],
    ['the origin of a file', () => ({ origin: 'null' }), 'POST'],
    ['our own origin', (url) => ({ origin: url }), 'POST'],
    ['the question before a call', () => ({ 'access-control-request-method': 'POST' }), 'OPTIONS'],
    ['the name of another host', (url) => ({ host: `page.example:${new URL(url).port}` }), 'POST'],
    ['another port', () => ({ host: '127.0.0.1:1' }), 'POST'],
    ['no port', () => ({ host: '127.0.0.1' }), 'POST'],
  ])('%s', async (_, more, method) => {
    const { endpoint, endpoints } = cluster.aws;
    const before = cluster.aws.tasks().length;
    for (const url of [endpoint, ...Object.values(endpoints)]) {
      const { status, headers, body } = await send(url, more(url), method);
      expect([status, body]).toEqual([403, expect.stringContaining('no web page')]);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expect(cluster.aws.tasks()).toHaveLength(before);
  });

  it('but for localhost, which is the same address', async () => {
    const url = cluster.aws.endpoint.replace('127.0.0.1', 'localhost');
    const headers = await signCall(url, LIST_KEYS, { key, service: 'kms' });
    expect((await rawRequest(url, { ...LIST_KEYS, headers })).status).toBe(200);
  });

  it('a websocket with an origin, or for another host', async () => {
    const target = await startIdleTask(cluster);
    const { StreamUrl } = await caller(cluster.aws)('ssm', 'StartSession', { Target: target });
    const streamUrl = String(StreamUrl);
    const signed = await signedHeaders(streamUrl, { key });
    for (const more of [{ origin: 'http://page.example' }, { host: `page.example:${new URL(streamUrl).port}` }]) {
      expect(await refusedUpgrade(streamUrl, { ...signed, ...more })).toMatchObject({ status: 403, body: '' });
    }
  });
});

describe('another user of the machine', () => {
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

  it('cannot enter the folder of moto, nor read a log', () => {
    expect(mode(join(directory, 'moto'))).toBe('700');
    expect(mode(join(directory, 'log'))).toBe('600');
  });

  it('finds the key in no command line, and in no log', async () => {
    await startIdleTask(cluster);
    const commandLines = execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
    expect(commandLines).toContain('moto.server');
    expect(commandLines).not.toContain(key.secretAccessKey);
    expect(readFileSync(join(directory, 'log'), 'utf8')).not.toContain(key.secretAccessKey);
  });

  // Only root can become somebody else.
  if (process.getuid?.() === 0) {
    /** As the user with this id. @returns its exit code or its answer's status, and what it says */
    const curl = async (uid: number, ...argv: readonly string[]): Promise<readonly [code: number, story: string]> => {
      const all = ['-sSv', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '20', ...argv];
      const child = spawn('curl', all, { uid, stdio: ['ignore', 'pipe', 'pipe'] });
      const [ended, output, story] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
      return [ended[0] === 0 ? Number(output) : Number(ended[0]), story];
    };

    it('does not get at moto', async () => {
      const argv = ['--unix-socket', join(directory, 'moto/socket'), 'http://moto/moto-api/'];
      expect(await curl(NOBODY, ...argv)).toEqual([COULD_NOT_CONNECT, expect.stringContaining('Permission denied')]);
      expect((await curl(0, ...argv))[0]).toBe(200);
    });

    it('is answered by no endpoint without the key', async () => {
      const { endpoint, endpoints } = cluster.aws;
      for (const url of [endpoint, ...Object.values(endpoints)]) {
        expect((await curl(NOBODY, `${url}/_local/status`))[0]).toBe(403);
      }
    });
  }
});
