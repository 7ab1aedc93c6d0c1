import { once } from 'node:events';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { PayloadType } from '../../../src/session/message';
import { caller } from '../../support/bastion';
import { type Cluster, startCluster, startIdleTask } from '../../support/cluster';
import { refusedUpgrade } from '../../support/raw-upgrade';
import { type Key, keyOf, signedHeaders } from '../../support/sign';
import { type Opening, RawClient } from './agent/raw-client';

const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, firstOutputDelayMs: 0 };

let cluster: Cluster;
let call: ReturnType<typeof caller>;
let target: string;

/** Who opens its data channels. */
const signing = (): { readonly key: Key } => ({ key: keyOf(cluster.aws) });

beforeAll(async () => {
  cluster = await startCluster({ faults: QUICK });
  call = caller(cluster.aws);
  target = await startIdleTask(cluster);
}, 60_000);

afterEach(() => {
  cluster.aws.setFaults(QUICK);
});

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

const ticketOf = ({ SessionId, TokenValue, StreamUrl }: Record<string, unknown>): SessionTicket => ({
  sessionId: String(SessionId),
  tokenValue: String(TokenValue),
  streamUrl: String(StreamUrl),
});

const start = async (): Promise<SessionTicket> => ticketOf(await call('ssm', 'StartSession', { Target: target }));

const resume = async ({ sessionId }: SessionTicket): Promise<SessionTicket> =>
  ticketOf(await call('ssm', 'ResumeSession', { SessionId: sessionId }));

const cellNumber = ({ streamUrl }: SessionTicket): string => new URL(streamUrl).searchParams.get('cell-number') ?? '';

describe('the URL of a data channel', () => {
  it('leads to the endpoint of the channels', async () => {
    const { streamUrl } = await start();
    expect(new URL(streamUrl).origin).toBe(cluster.aws.endpoints.ssmmessages.replace('http', 'ws'));
  });

  it('has another cell number in each ticket, encoded', async () => {
    const ticket = await start();
    const again = await resume(ticket);
    const { session } = await call('ecs', 'ExecuteCommand', {
      cluster: cluster.name,
      task: target.split('_')[1],
      command: 'cat',
      interactive: true,
    });
    const numbers = [ticket, again, session as SessionTicket].map(cellNumber);
    expect(new Set(numbers).size).toBe(3);
    for (const number of numbers) expect(number).toMatch(/^\+[A-Za-z0-9+/]+==$/);
    expect(ticket.streamUrl).toMatch(/&cell-number=%2B[A-Za-z0-9%]+%3D%3D$/);
  });

  it('is that of the newest ticket, or no session is there', async () => {
    const ticket = await start();
    using first = await RawClient.open(ticket, signing());
    await first.until('the prompt', () => first.output() !== '');
    const resumed = await resume(ticket);
    const old = await refusedUpgrade(ticket.streamUrl, await signedHeaders(ticket.streamUrl, signing()));
    expect(old.status).toBe(404);
    const without = resumed.streamUrl.replace(/&cell-number=.*/, '');
    expect((await refusedUpgrade(without, await signedHeaders(without, signing()))).status).toBe(404);
    using client = await RawClient.open(resumed, signing());
    await client.until('both', () => client.of('start_publication').length > 0);
    client.input(PayloadType.Output, 'exit\r');
    expect(await client.closed()).toBe('');
  });

  it('leads to nothing for a session that there is not', async () => {
    const streamUrl = (await start()).streamUrl.replace('data-channel/local-', 'data-channel/other-');
    expect((await refusedUpgrade(streamUrl, await signedHeaders(streamUrl, signing()))).status).toBe(404);
  });
});

describe('a client', () => {
  const ended = async (ticket: SessionTicket, opening: Opening): Promise<readonly unknown[]> => {
    using client = await RawClient.open(ticket, { ...signing(), ...opening });
    const [code, reason] = (await once(client.socket, 'close')) as [number, Buffer];
    return [code, reason.toString()];
  };

  it('that is too old has its channel closed, and the token stays good', async () => {
    const ticket = await start();
    const reason = 'ClientVersion 1.2.763.0 is not supported: the minimum is 1.2.764.0';
    expect(await ended(ticket, { clientVersion: '1.2.763.0' })).toEqual([1008, reason]);
    using client = await RawClient.open(ticket, { ...signing(), clientVersion: '1.2.764.0' });
    await client.until('both', () => client.of('start_publication').length > 0);
  });

  it('that names no version is too old', async () => {
    const reason = 'ClientVersion (none) is not supported: the minimum is 1.2.764.0';
    expect(await ended(await start(), { clientVersion: undefined })).toEqual([1008, reason]);
  });

  it('must be as new as the faults say', async () => {
    cluster.aws.setFaults({ ...QUICK, minimumClientVersion: '1.2.896.0' });
    const reason = 'ClientVersion 1.2.764.0 is not supported: the minimum is 1.2.896.0';
    expect(await ended(await start(), { clientVersion: '1.2.764.0' })).toEqual([1008, reason]);
  });
});

it('ResumeSession fails as often as the faults say, and the same ones by the same seed', async () => {
  const ticket = await start();
  const refusals = async (faults: object): Promise<string[]> => {
    cluster.aws.setFaults({ ...QUICK, resumeFailureRate: 0.5, ...faults });
    const answers: string[] = [];
    for (let at = 0; at < 20; at += 1) {
      const told = await resume(ticket).then(
        () => 'resumed',
        (error: unknown) => String(error).replace(/^Error: (\w+).*/, '$1'),
      );
      answers.push(told);
    }
    return answers;
  };
  const first = await refusals({ seed: 1 });
  expect(new Set(first)).toEqual(new Set(['resumed', 'AccessDeniedException']));
  expect(new Set(await refusals({ seed: 2, resumeFailure: 'internal' }))).toEqual(
    new Set(['resumed', 'InternalServerError']),
  );
  expect(await refusals({ seed: 1 })).toEqual(first);
  cluster.aws.setFaults({ ...QUICK, resumeFailureRate: 1 });
  await expect(resume(ticket)).rejects.toThrow(/^AccessDeniedException: /);
});
