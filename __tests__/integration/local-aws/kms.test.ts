import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadType } from '../../../src/session/message';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { startGateway } from '../../support/gateway';
import { caller } from '../../support/bastion';
import { type Cluster, startCluster } from '../../support/cluster';
import { type Key, keyOf } from '../../support/sign';
import { RawClient } from './agent/raw-client';

/** AES-256-GCM: nonce, ciphertext, tag. */
function seal(key: Buffer, plain: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}

interface DataKey {
  readonly CiphertextBlob: string;
  readonly Plaintext: string;
}

type KeySource = (keyId: string) => DataKey | Promise<DataKey>;

/** A client that does the handshake and the crypto by itself. */
class EncryptedClient implements Disposable {
  private key: Buffer = Buffer.alloc(64);

  private constructor(readonly raw: RawClient) {}

  static async open(ticket: SessionTicket, newKey: KeySource, signing?: Key): Promise<EncryptedClient> {
    const client = new EncryptedClient(await RawClient.open(ticket, { key: signing }));
    const request = await client.next(PayloadType.HandshakeRequest);
    const actions = (
      JSON.parse(request.toString()) as {
        RequestedClientActions: { ActionType: string; ActionParameters: { KMSKeyId?: string } }[];
      }
    ).RequestedClientActions;
    expect(actions.map(({ ActionType }) => ActionType)).toEqual(['SessionType', 'KMSEncryption']);
    const key = await newKey(actions[1]?.ActionParameters.KMSKeyId ?? '');
    client.key = Buffer.from(key.Plaintext, 'base64');
    const done = { ActionStatus: 1, Error: '' };
    client.send(PayloadType.HandshakeResponse, {
      ClientVersion: '1.2.600.0',
      ProcessedClientActions: [
        { ActionType: 'SessionType', ActionResult: null, ...done },
        { ActionType: 'KMSEncryption', ActionResult: { KMSCipherTextKey: key.CiphertextBlob }, ...done },
      ],
      Errors: null,
    });
    return client;
  }

  async answerChallenge(): Promise<void> {
    const request = await this.next(PayloadType.EncryptionChallengeRequest);
    const { Challenge } = JSON.parse(request.toString()) as { Challenge: string };
    const challenge = open(this.key.subarray(0, 32), Buffer.from(Challenge, 'base64'));
    const answer = seal(this.key.subarray(32), challenge);
    this.send(PayloadType.EncryptionChallengeResponse, { Challenge: answer.toString('base64') });
    const complete = await this.next(PayloadType.HandshakeComplete);
    expect(complete.toString()).toContain('"CustomerMessage":"This session is encrypted using AWS KMS."');
  }

  type(text: string): void {
    this.raw.input(PayloadType.Output, seal(this.key.subarray(32), Buffer.from(text)));
  }

  /** What came with payloads of this type, each frame once and in order. */
  text(payloadType: number): string {
    const frames = new Map(this.raw.of('output_stream_data').map((one) => [one.sequenceNumber, one]));
    const wanted = [...frames.values()].filter((one) => one.payloadType === payloadType);
    const ordered = wanted.toSorted((a, b) => a.sequenceNumber - b.sequenceNumber);
    return Buffer.concat(ordered.map(({ payload }) => open(this.key.subarray(0, 32), payload))).toString();
  }

  async shows(text: string): Promise<void> {
    await this.raw.until(JSON.stringify(text), () => this.text(PayloadType.Output).includes(text));
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }

  private send(payloadType: number, document: object): void {
    this.raw.input(payloadType, JSON.stringify(document));
  }

  private async next(payloadType: number): Promise<Buffer> {
    const found = () => this.raw.of('output_stream_data').find((one) => one.payloadType === payloadType);
    await this.raw.until(`payload ${payloadType}`, () => found() !== undefined);
    return found()?.payload ?? Buffer.alloc(0);
  }
}

describe('in a cluster with a KMS key', () => {
  let local: Cluster;
  let call: ReturnType<typeof caller>;
  let keyId: string;
  let taskArn: string;

  beforeAll(async () => {
    local = await startCluster({
      faults: { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, firstOutputDelayMs: 0 },
    });
    call = caller(local.aws);
    keyId = ((await kms('CreateKey', {})).KeyMetadata as { KeyId: string }).KeyId;
    const executeCommandConfiguration = { kmsKeyId: keyId, logging: 'DEFAULT' };
    await call('ecs', 'CreateCluster', { clusterName: 'secret', configuration: { executeCommandConfiguration } });
    const { tasks } = (await call('ecs', 'RunTask', {
      cluster: 'secret',
      taskDefinition: 'idle',
      launchType: 'FARGATE',
      enableExecuteCommand: true,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    })) as { tasks: [{ taskArn: string }] };
    taskArn = tasks[0].taskArn;
  }, 60_000);

  afterAll(() => local[Symbol.asyncDispose](), 60_000);

  const kms = (action: string, input: object): Promise<Record<string, unknown>> => call('kms', action, input);

  /** The container and its target are there when the agent runs. */
  async function target(): Promise<string> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
      const { tasks } = (await call('ecs', 'DescribeTasks', { cluster: 'secret', tasks: [taskArn] })) as {
        tasks: [{ containers: [{ runtimeId?: string; managedAgents?: [{ lastStatus: string }] }] }];
      };
      const { runtimeId = '', managedAgents } = tasks[0].containers[0];
      const id = taskArn.slice(taskArn.lastIndexOf('/') + 1);
      if (managedAgents?.[0].lastStatus === 'RUNNING') return `ecs:secret_${id}_${runtimeId}`;
      await sleep(20);
    }
    throw new Error('the agent does not run');
  }

  async function execute(command: string): Promise<SessionTicket> {
    const input = { cluster: 'secret', task: taskArn, command, interactive: true };
    return (await call('ecs', 'ExecuteCommand', input)).session as SessionTicket;
  }

  const keyFor =
    (context: Record<string, string>): KeySource =>
    async (KeyId) => {
      expect(KeyId).toBe(keyId);
      return (await kms('GenerateDataKey', {
        KeyId,
        NumberOfBytes: 64,
        EncryptionContext: context,
      })) as unknown as DataKey;
    };

  it('what is typed and what is shown is encrypted with a data key for this session and target', async () => {
    const TargetId = await target();
    const ticket = await execute(`sh -c 'stty -echo; printf ready; exec cat'`);
    const context = { 'aws:ssm:SessionId': ticket.sessionId, 'aws:ssm:TargetId': TargetId };
    using client = await EncryptedClient.open(ticket, keyFor(context), keyOf(local.aws));
    await client.answerChallenge();
    await client.shows('ready');
    client.raw.input(PayloadType.Size, '{"cols":80,"rows":24}');
    client.type('a secret\r\x04');
    expect(await client.raw.closed()).toBe('');
    expect(client.text(PayloadType.Output)).toBe('readya secret\r\n');
    const wire = Buffer.concat(client.raw.received.map(({ payload }) => payload)).toString('latin1');
    expect(wire).not.toContain('secret\r\n');
  });

  it('a key that was made for another target is refused by KMS, and the session does not begin', async () => {
    await target();
    const ticket = await execute('sh');
    const context = { 'aws:ssm:SessionId': ticket.sessionId, 'aws:ssm:TargetId': 'ecs:other_task_task-1' };
    using client = await EncryptedClient.open(ticket, keyFor(context), keyOf(local.aws));
    expect(await client.raw.closed()).toMatch(
      /Encountered error while initiating handshake\. Fetching data key failed: .*InvalidCiphertextException/,
    );
  });
});

it('the streams and the exit code of a command without a terminal are encrypted one by one', async () => {
  const dataKey = randomBytes(64).toString('base64');
  const asked: unknown[] = [];
  // As much of KMS as an agent asks.
  const kms = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push([request.headers['x-amz-target'], JSON.parse(Buffer.concat(chunks).toString())]);
      response.end(JSON.stringify({ KeyId: 'key', Plaintext: dataKey }));
    });
  }).listen(0, '127.0.0.1');
  await once(kms, 'listening');
  const key = { accessKeyId: 'local', secretAccessKey: 'local' };
  const access = () => ({ endpoint: `http://127.0.0.1:${(kms.address() as AddressInfo).port}`, key });
  await using harness = await startGateway({ kmsKeyId: 'alias/sessions' }, { kms: access });
  const ticket = harness.start(`sh -c 'echo out; echo err >&2; exit 3'`, {
    sessionType: 'NonInteractiveCommands',
    parameters: { separateOutputStream: 'true' },
  });
  using client = await EncryptedClient.open(ticket, (keyId) => {
    expect(keyId).toBe('alias/sessions');
    return { CiphertextBlob: 'c2VhbGVk', Plaintext: dataKey };
  });
  await client.answerChallenge();
  expect(await client.raw.closed()).toBe('');
  const { Output, StdErr, ExitCode } = PayloadType;
  expect([Output, StdErr, ExitCode].map((type) => client.text(type))).toEqual(['out\n', 'err\n', 'EXIT_CODE: 3']);
  const context = { 'aws:ssm:SessionId': ticket.sessionId, 'aws:ssm:TargetId': 'ecs:cluster_task_task-1' };
  expect(asked).toEqual([
    ['TrentService.Decrypt', { CiphertextBlob: 'c2VhbGVk', EncryptionContext: context, KeyId: 'alias/sessions' }],
  ]);
  kms.closeAllConnections();
  kms.close();
});
