import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadType } from '../../../src/session/message';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { caller } from '../../support/bastion';
import { type Cluster, startCluster } from '../../support/cluster';
import { type Key, keyOf } from '../../support/sign';
import { RawClient } from './agent/raw-client';

let cluster: Cluster;
let call: ReturnType<typeof caller>;
let task: string;
let target: string;

/** Who opens its data channels. */
const signing = (): { readonly key: Key } => ({ key: keyOf(cluster.aws) });

beforeAll(async () => {
  cluster = await startCluster({ faults: { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0 } });
  call = caller(cluster.aws);
  const { tasks } = (await call('ecs', 'RunTask', {
    cluster: cluster.name,
    taskDefinition: 'idle',
    launchType: 'FARGATE',
    enableExecuteCommand: true,
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  })) as { tasks: [{ taskArn: string }] };
  task = tasks[0].taskArn;
  target = await untilConnected();
}, 60_000);

afterEach(() => {
  cluster.aws.setFaults({});
});

afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

/** @returns the target of the task's sessions */
async function untilConnected(): Promise<string> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const { tasks } = (await call('ecs', 'DescribeTasks', { cluster: cluster.name, tasks: [task] })) as {
      tasks: [{ containers: [{ runtimeId?: string; managedAgents?: [{ lastStatus: string }] }] }];
    };
    const { runtimeId = '', managedAgents } = tasks[0].containers[0];
    const isRunning = managedAgents?.[0].lastStatus === 'RUNNING';
    if (isRunning) return `ecs:${cluster.name}_${task.slice(task.lastIndexOf('/') + 1)}_${runtimeId}`;
    await sleep(20);
  }
  throw new Error('the agent does not run');
}

const ticketOf = (answer: Record<string, unknown>): SessionTicket => ({
  sessionId: String(answer.SessionId),
  tokenValue: String(answer.TokenValue),
  streamUrl: String(answer.StreamUrl),
});

async function startSession(document: string | undefined, parameters: object = {}): Promise<SessionTicket> {
  return ticketOf(
    await call('ssm', 'StartSession', { Target: target, DocumentName: document, Parameters: parameters }),
  );
}

describe('StartSession', () => {
  it('without a document is a shell on a terminal', async () => {
    using client = await RawClient.open(await startSession(undefined), signing());
    await client.until('the prompt', () => client.output() !== '');
    client.input(PayloadType.Output, 'exit\r');
    expect(await client.closed()).toBe('');
  });

  it('with AWS-StartInteractiveCommand runs the command on a terminal', async () => {
    using client = await RawClient.open(
      await startSession('AWS-StartInteractiveCommand', { command: ["sh -c 'test -t 0 && echo terminal'"] }),
      signing(),
    );
    await client.closed();
    expect(client.output()).toBe('terminal\r\n');
  });

  it.each([
    [{}, [PayloadType.Output]],
    [{ separateOutputStream: ['true'] }, [PayloadType.Output, PayloadType.StdErr, PayloadType.ExitCode]],
  ])('with AWS-StartNonInteractiveCommand and %j runs it without one, after a handshake', async (more, types) => {
    const command = ["sh -c 'echo out; echo err >&2; exit 3'"];
    using client = await RawClient.open(
      await startSession('AWS-StartNonInteractiveCommand', { command, ...more }),
      signing(),
    );
    await client.until('the handshake', () => client.of('output_stream_data').length > 0);
    const actions = [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }];
    client.input(
      PayloadType.HandshakeResponse,
      JSON.stringify({ ClientVersion: '1.2.600.0', ProcessedClientActions: actions, Errors: null }),
    );
    await client.closed();
    const [request, complete, ...output] = client.of('output_stream_data').map(({ payloadType }) => payloadType);
    expect([request, complete]).toEqual([PayloadType.HandshakeRequest, PayloadType.HandshakeComplete]);
    // The two pipes are read side by side.
    expect(output.toSorted((a, b) => a - b)).toEqual(types);
  });

  it('with a document that is not there is refused', async () => {
    await expect(startSession('AWS-Nothing')).rejects.toThrow(/^InvalidDocument: /);
  });

  it('needs a target that is connected', async () => {
    await expect(call('ssm', 'StartSession', { Target: 'ecs:trial_none_none-1' })).rejects.toThrow(
      /^TargetNotConnected: /,
    );
  });
});

describe('ResumeSession', () => {
  const resume = (SessionId: string) => call('ssm', 'ResumeSession', { SessionId });

  it.each([
    ['unknown', /^DoesNotExistException: /],
    ['internal', /^InternalServerError: /],
    ['denied', /^AccessDeniedException: /],
    ['expired', /^ExpiredTokenException: /],
  ] as const)('fails as asked: %s', async (resumeFailure, message) => {
    const { sessionId } = await startSession(undefined);
    cluster.aws.setFaults({ resumeFailure });
    await expect(resume(sessionId)).rejects.toThrow(message);
    cluster.aws.setFaults({});
    expect(Object.keys(await resume(sessionId))).toEqual(['SessionId', 'TokenValue', 'StreamUrl']);
    await call('ssm', 'TerminateSession', { SessionId: sessionId });
    await expect(resume(sessionId)).rejects.toThrow(/^DoesNotExistException: /);
  });

  it('answers without a token when it is asked to, and when the session was idle for too long', async () => {
    const { sessionId } = await startSession(undefined);
    cluster.aws.setFaults({ resumeFailure: 'timedOut' });
    expect(await resume(sessionId)).toEqual({ SessionId: sessionId });
    cluster.aws.setFaults({});
    using client = await RawClient.open(ticketOf(await resume(sessionId)), signing());
    await client.until('the prompt', () => client.output() !== '');
    cluster.aws.setFaults({ idleLimitMs: 100 });
    expect(await client.closed()).toBe('Session timed out due to inactivity.');
    expect(await resume(sessionId)).toEqual({ SessionId: sessionId });
  });
});
