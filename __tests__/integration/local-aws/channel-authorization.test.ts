import type { SessionTicket } from '../../../src/local-aws/gateway';
import { AGENT_TOKEN_HEADER } from '../../../src/local-aws/agent/order';
import { caller, element, query } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';
import { refusedUpgrade } from '../../support/raw-upgrade';
import { type Key, keyOf, presignedUrl, signedHeaders, type Signing } from '../../support/sign';
import { RawClient } from './agent/raw-client';

const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, firstOutputDelayMs: 0 };
const ACCOUNT = '123456789012';

let cluster: Cluster;
let target: string;

beforeAll(async () => {
  cluster = await startCluster({ faults: QUICK });
  target = await startIdleTask(cluster);
  await query(cluster.aws, 'iam', {
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: 'Engineer',
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
  });
}, 60_000);

afterEach(() => {
  cluster.aws.setFaults(QUICK);
});

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

async function start(command = 'echo hello'): Promise<SessionTicket> {
  const asked = { Target: target, DocumentName: 'AWS-StartInteractiveCommand', Parameters: { command: [command] } };
  const { SessionId, TokenValue, StreamUrl } = await caller(cluster.aws)('ssm', 'StartSession', asked);
  return { sessionId: String(SessionId), tokenValue: String(TokenValue), streamUrl: String(StreamUrl) };
}

/** As an engineer of that name. */
async function assumeRole(RoleSessionName: string): Promise<Key & { readonly userId: string }> {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/Engineer`;
  const xml = await query(cluster.aws, 'sts', {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn,
    RoleSessionName,
  });
  return {
    accessKeyId: element(xml, 'AccessKeyId'),
    secretAccessKey: element(xml, 'SecretAccessKey'),
    sessionToken: element(xml, 'SessionToken'),
    userId: element(xml, 'AssumedRoleId'),
  };
}

async function runsWith(ticket: SessionTicket, signing: Signing = {}): Promise<void> {
  using client = await RawClient.open(ticket, {
    headers: await signedHeaders(ticket.streamUrl, { key: keyOf(cluster.aws), ...signing }),
  });
  expect(await client.closed()).toBe('');
  expect(client.output()).toBe('hello\r\n');
}

describe('a data channel is opened', () => {
  it('for a signature in headers', async () => {
    await runsWith(await start());
  });

  it('for a signature in the URL', async () => {
    const ticket = await start();
    using client = await RawClient.open(
      { ...ticket, streamUrl: await presignedUrl(ticket.streamUrl, { key: keyOf(cluster.aws) }) },
      { headers: {} },
    );
    await client.closed();
    expect(client.output()).toBe('hello\r\n');
  });

  it('for whoever has assumed a role', async () => {
    await runsWith(await start(), { key: await assumeRole('ann') });
  });

  it('for a user with an access key', async () => {
    const form = { Version: '2010-05-08', UserName: 'ann' };
    await query(cluster.aws, 'iam', { Action: 'CreateUser', ...form });
    const xml = await query(cluster.aws, 'iam', { Action: 'CreateAccessKey', ...form });
    const key = { accessKeyId: element(xml, 'AccessKeyId'), secretAccessKey: element(xml, 'SecretAccessKey') };
    await runsWith(await start(), { key });
  });
});

describe('a data channel is refused', () => {
  it('without a signature, as a call would be', async () => {
    const { status, headers, body } = await refusedUpgrade((await start()).streamUrl);
    expect(status).toBe(403);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-amzn-errortype': 'MissingAuthenticationTokenException',
    });
    expect(Date.parse(headers.date ?? '')).not.toBeNaN();
    expect(JSON.parse(body)).toEqual({ message: 'Missing Authentication Token' });
  });

  it.each<[what: string, signing: () => Signing | Promise<Signing>, code: string]>([
    ['of another region', () => ({ region: 'us-east-1' }), 'InvalidSignatureException'],
    ['of another service', () => ({ service: 'ssm' }), 'InvalidSignatureException'],
    ['that leaves the query out', () => ({ without: 'query' }), 'InvalidSignatureException'],
    ['of an hour ago', () => ({ at: new Date(Date.now() - 3_600_000) }), 'InvalidSignatureException'],
    [
      'of a key that nobody has given out',
      () => ({ key: { accessKeyId: 'a', secretAccessKey: 'b' } }),
      'UnrecognizedClientException',
    ],
    [
      'of temporary credentials without their token',
      async () => {
        const { accessKeyId, secretAccessKey } = await assumeRole('ann');
        return { key: { accessKeyId, secretAccessKey } };
      },
      'UnrecognizedClientException',
    ],
  ])('for a signature %s', async (_, signing, code) => {
    const { streamUrl } = await start();
    const signed = await signedHeaders(streamUrl, { key: keyOf(cluster.aws), ...(await signing()) });
    const { status, headers } = await refusedUpgrade(streamUrl, signed);
    expect([status, headers['x-amzn-errortype']]).toEqual([403, code]);
  });

  it("for what is not the agent's token", async () => {
    const { streamUrl, tokenValue } = await start();
    const { status } = await refusedUpgrade(streamUrl, { [AGENT_TOKEN_HEADER]: tokenValue });
    expect(status).toBe(403);
  });
});

describe('where there is a policy', () => {
  const session = (id: string): string => `arn:aws:ssm:ap-northeast-1:${ACCOUNT}:session/${id}`;
  const allow = (action: string, more: object = {}): void => {
    const statement = { Effect: 'Allow', Action: action, Resource: session('*'), ...more };
    cluster.aws.setFaults({ ...QUICK, policy: { Version: '2012-10-17', Statement: [statement] } });
  };

  it('a data channel asks for the right to open it, on its session', async () => {
    const ann = await assumeRole('ann');
    const ticket = await start();
    allow('ssm:*');
    const signed = await signedHeaders(ticket.streamUrl, { key: ann });
    const { status, headers, body } = await refusedUpgrade(ticket.streamUrl, signed);
    expect([status, headers['x-amzn-errortype']]).toEqual([403, 'AccessDeniedException']);
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/Engineer/ann`;
    expect(JSON.parse(body)).toEqual({
      message: `User: ${arn} is not authorized to perform: ssmmessages:OpenDataChannel on resource: ${session(ticket.sessionId)} because no identity-based policy allows the ssmmessages:OpenDataChannel action`,
    });
    allow('ssmmessages:OpenDataChannel');
    await runsWith(ticket, { key: ann });
  });

  it('it can be kept to whoever has started the session', async () => {
    const ticket = await start();
    const own = { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } };
    allow('ssmmessages:OpenDataChannel', { Condition: own });
    const other = await signedHeaders(ticket.streamUrl, { key: await assumeRole('bob') });
    expect((await refusedUpgrade(ticket.streamUrl, other)).status).toBe(403);
    await runsWith(ticket);
  });

  it('so it is for ECS Exec, whose sessions ExecuteCommand starts', async () => {
    const [, task] = target.split('_');
    const asked = { cluster: cluster.name, task, command: 'echo hello', interactive: true };
    const { session: started } = await caller(cluster.aws)('ecs', 'ExecuteCommand', asked);
    const ticket = started as SessionTicket;
    const own = { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } };
    allow('ssmmessages:OpenDataChannel', { Condition: own });
    const other = await signedHeaders(ticket.streamUrl, { key: await assumeRole('bob') });
    expect((await refusedUpgrade(ticket.streamUrl, other)).status).toBe(403);
    await runsWith(ticket);
  });
});
