import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '../../support/bastion';
import { startHelper } from '../../support/helper';
import { type HostileAgent, startHostileAgent } from '../../support/hostile-agent';
import { peakKb } from '../../support/memory';

/** SEEDS runs all from 1 to that one. */
const SEEDS =
  process.env.SEEDS === undefined
    ? [1, 4, 7, 9, 12]
    : Array.from({ length: Number(process.env.SEEDS) }, (_, index) => index + 1);
/** Of what the process has had at most; the AWS clients take most of it. */
const MOST_RSS_KB = 200 * 1024;
/** For an answer to what the agent did last, before Ctrl-C. */
const PATIENCE_MS = 1_000;

/** As much of ECS, Systems Manager and KMS as an `exec` in a running task asks. */
class FewCalls {
  nonce = '';
  streamUrl = '';
  private resumptions = 0;

  constructor(private readonly kmsKeyId = '') {}

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    void text(request).then((body) => {
      const [, action = ''] = String(request.headers['x-amz-target']).split('.');
      const found = this.find(action, body);
      response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(found ?? { __type: 'DoesNotExistException', message: '\x1b[31mno' }));
    });
  };

  private find(action: string, body: string): object | undefined {
    const ticket = { tokenValue: 't', streamUrl: this.streamUrl, sessionId: 'ecs-execute-command-1' };
    switch (action) {
      case 'DescribeTasks':
        return { tasks: [TASK] };
      case 'DescribeClusters':
        return { clusters: [{ configuration: { executeCommandConfiguration: { kmsKeyId: this.kmsKeyId } } }] };
      case 'ExecuteCommand':
        this.nonce = /\b[0-9a-f]{16}\b/.exec(body)?.[0] ?? '';
        return { session: ticket };
      case 'ResumeSession':
        if (this.resumptions++ > 1) return undefined;
        return { SessionId: ticket.sessionId, TokenValue: ticket.tokenValue, StreamUrl: ticket.streamUrl };
      case 'TerminateSession':
        return {};
      default:
        return undefined;
    }
  }
}

const TASK = {
  taskArn: 'arn:aws:ecs:ap-northeast-1:123456789012:task/c/0123',
  clusterArn: 'arn:aws:ecs:ap-northeast-1:123456789012:cluster/c',
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  enableExecuteCommand: true,
  containers: [
    { name: 'bastion', runtimeId: 'r', managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' }] },
  ],
};

interface Ending {
  readonly exitCode: number | null;
  readonly story: string;
  readonly mostKb: number;
}

/** Runs the real helper against the agent; one that falls silent is left with Ctrl-C. */
async function execAgainst(agent: HostileAgent, calls: FewCalls): Promise<Ending> {
  calls.streamUrl = agent.streamUrl;
  const outputsFile = join(temporaryDirectory(), 'outputs.json');
  writeFileSync(outputsFile, JSON.stringify({ 'aurora-bg': OUTPUTS }));
  const helper = startHelper(['--outputs', outputsFile, '--task', '0123', 'exec', '--', 'true'], {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: agent.streamUrl.replace(/^ws(.*?)\/v1.*$/, 'http$1'),
  });
  const { pid = 0 } = helper.process;
  const ended = once(helper.process, 'exit');
  void agent.isDone.then(() => sleep(PATIENCE_MS)).then(() => helper.process.kill('SIGINT'));
  let mostKb = 0;
  while (helper.process.exitCode === null && helper.process.signalCode === null) {
    mostKb = Math.max(mostKb, peakKb(pid));
    await Promise.race([ended, sleep(20)]);
  }
  return { exitCode: await helper.exitCode, story: helper.story(), mostKb };
}

const OUTPUTS = {
  bastion_cluster_name: 'c',
  bastion_task_definition_arn: 'arn:aws:ecs:ap-northeast-1:123456789012:task-definition/d:1',
  bastion_task_definition_family: 'd',
  bastion_security_group_id: 'sg-1',
  private_subnets: { 'ap-northeast-1a': { id: 'subnet-1' } },
};

it.each(SEEDS)(
  'seed %i: a helper ends with a word of why, in little memory, and without a control character',
  async (seed) => {
    const calls = new FewCalls();
    await using agent = await startHostileAgent({ seed, nonce: () => calls.nonce, onRequest: calls.answer });
    const { exitCode, story, mostKb } = await execAgainst(agent, calls);
    expect(exitCode).not.toBeNull();
    expect(story).not.toMatch(/a fault of this program|\n\s+at /);
    expect(story).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
    expect(mostKb).toBeGreaterThan(0);
    expect(mostKb).toBeLessThan(MOST_RSS_KB);
  },
  60_000,
);

it('where the cluster names a KMS key, a session that is not encrypted is refused', async () => {
  const calls = new FewCalls('alias/sessions');
  await using agent = await startHostileAgent({
    seed: 0,
    script: 'plain session',
    nonce: () => calls.nonce,
    onRequest: calls.answer,
  });
  const { exitCode, story } = await execAgainst(agent, calls);
  expect(story).toContain('the cluster wants its sessions encrypted with a KMS key, and this one is not');
  expect(exitCode).toBe(255);
}, 60_000);
