import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { caller } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';
import { refusedUpgrade } from '../../support/raw-upgrade';
import { keyOf, signedFetch, signedHeaders } from '../../support/sign';
import { RawClient } from './agent/raw-client';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ faults: { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0 } });
}, 60_000);

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

const CALLS = {
  ecs: ['AmazonEC2ContainerServiceV20141113.ListClusters', '{}'],
  ssm: ['AmazonSSM.DescribeSessions', '{"State":"Active"}'],
  kms: ['TrentService.ListKeys', '{}'],
} as const;
type Service = keyof typeof CALLS;

async function answer(url: string, service: Service): Promise<readonly [status: number, body: unknown]> {
  const [target, body] = CALLS[service];
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const answered = await signedFetch(url, { headers, body }, { service, key: keyOf(cluster.aws) });
  return [answered.status, await answered.json()];
}

describe('an endpoint', () => {
  const general = (): string => cluster.aws.endpoint;
  const own = (name: 'ecs' | 'ssm' | 'ssmmessages') => (): string => cluster.aws.endpoints[name];

  it.each<[name: string, url: () => string, service: Service]>([
    ['of most services', general, 'kms'],
    ['of ECS', own('ecs'), 'ecs'],
    ['of SSM', own('ssm'), 'ssm'],
  ])('%s answers its calls', async (_, url, service) => {
    expect((await answer(url(), service))[0]).toBe(200);
  });

  it.each<[name: string, url: () => string, service: Service]>([
    ['of most services', general, 'ecs'],
    ['of most services', general, 'ssm'],
    ['of ECS', own('ecs'), 'ssm'],
    ['of ECS', own('ecs'), 'kms'],
    ['of SSM', own('ssm'), 'ecs'],
    ['of SSM', own('ssm'), 'kms'],
    ['of the data channels', own('ssmmessages'), 'ssm'],
    ['of the data channels', own('ssmmessages'), 'kms'],
  ])('%s does not know others: %#', async (_, url, service) => {
    expect(await answer(url(), service)).toEqual([400, { __type: 'UnknownOperationException' }]);
  });

  it('other than that of the channels opens none', async () => {
    const target = await startIdleTask(cluster);
    const { StreamUrl } = await caller(cluster.aws)('ssm', 'StartSession', { Target: target });
    const { pathname, search } = new URL(String(StreamUrl));
    for (const url of [cluster.aws.endpoint, cluster.aws.endpoints.ssm, cluster.aws.endpoints.ecs]) {
      const elsewhere = `${url.replace('http', 'ws')}${pathname}${search}`;
      expect(
        (await refusedUpgrade(elsewhere, await signedHeaders(elsewhere, { key: keyOf(cluster.aws) }))).status,
      ).toBe(404);
    }
  });

  it('other than the general one has no control of the local AWS', async () => {
    const { ecs, ssm, ssmmessages } = cluster.aws.endpoints;
    const ask = async (url: string): Promise<number> =>
      (await signedFetch(`${url}/_local/status`, { method: 'GET' }, { key: keyOf(cluster.aws) })).status;
    for (const url of [ecs, ssm, ssmmessages]) expect(await ask(url)).toBe(400);
    expect(await ask(cluster.aws.endpoint)).toBe(200);
  });
});

it('a container is not told of any', async () => {
  const target = await startIdleTask(cluster);
  const { SessionId, TokenValue, StreamUrl } = await caller(cluster.aws)('ssm', 'StartSession', {
    Target: target,
    DocumentName: 'AWS-StartInteractiveCommand',
    Parameters: { command: ['env'] },
  });
  const ticket = { sessionId: String(SessionId), tokenValue: String(TokenValue), streamUrl: String(StreamUrl) };
  using client = await RawClient.open(ticket, { key: keyOf(cluster.aws) });
  await client.closed();
  expect(client.output()).toContain('AWS_REGION=ap-northeast-1\r\n');
  expect(client.output()).not.toContain('AWS_ENDPOINT_URL');
});

it('the AWS CLI finds each of them', async () => {
  const aws = async (...argv: string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)('aws', [...argv, '--output', 'json'], {
      env: cluster.aws.environment,
    });
    return JSON.parse(stdout);
  };
  expect(await aws('ecs', 'list-clusters')).toMatchObject({ clusterArns: [expect.stringMatching(/cluster\/trial$/)] });
  expect(await aws('ssm', 'describe-sessions', '--state', 'Active')).toHaveProperty('Sessions');
  expect(await aws('sts', 'get-caller-identity')).toHaveProperty('Account');
}, 60_000);
