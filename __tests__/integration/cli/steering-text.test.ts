import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { quote } from '../../../src/remote/quote';
import { temporaryDirectory } from '../../support/bastion';
import { CONNECT, PROJECT } from '../../support/helper';

/** Text that looks as if it did something to a terminal, and the same as it may be shown. */
const STEERING = 'a\x1b]0;b\x07\x7f\x9bc\u202ed\re';
const SHOWN = 'a\\x1b]0;b\\x07\\x7f\\x9bc\\u202ed\\re';

const TASK = {
  taskArn: 'arn:aws:ecs:ap-northeast-1:123456789012:task/c/0123',
  lastStatus: 'RUNNING',
  tags: [
    { key: 'aurora-bastion:owner', value: `arn:aws:iam::123456789012:user/${STEERING}` },
    { key: 'aurora-bastion:reason', value: `${STEERING}\nanother line` },
  ],
};
const SERVICE = { status: 'ACTIVE', desiredCount: 1, runningCount: 0, events: [{ message: `${STEERING}\nline` }] };
const LOG = { logDriver: 'awslogs', options: { 'awslogs-group': 'g' } };

/** What AWS answers, by the call. */
const ANSWERS: Readonly<Record<string, object>> = {
  ListTasks: { taskArns: [TASK.taskArn] },
  DescribeTasks: { tasks: [TASK] },
  DescribeServices: { services: [SERVICE] },
  DescribeSessions: { Sessions: [] },
  DescribeTaskDefinition: { taskDefinition: { containerDefinitions: [{ name: 'bastion', logConfiguration: LOG }] } },
};

let server: Server;
let outputsFile: string;
let events: object[];
let environment: NodeJS.ProcessEnv;

function answer(request: IncomingMessage, response: ServerResponse): void {
  void text(request).then((body) => {
    const [, action = ''] = String(request.headers['x-amz-target']).split('.');
    const known = action === 'GetLogEvents' ? { events: events.splice(0) } : ANSWERS[action];
    const found = body.includes('"unknown"') ? undefined : known;
    response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(found ?? { __type: 'ClientException', message: STEERING }));
  });
}

beforeAll(async () => {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  outputsFile = join(temporaryDirectory(), 'outputs.json');
  const outputs = {
    bastion_cluster_name: 'c',
    bastion_task_definition_arn: 'arn:aws:ecs:ap-northeast-1:123456789012:task-definition/d:1',
    bastion_task_definition_family: 'd',
    bastion_security_group_id: 'sg-1',
    private_subnets: { 'ap-northeast-1a': { id: 'subnet-1' } },
  };
  writeFileSync(outputsFile, JSON.stringify({ 'aurora-bg': outputs }));
  environment = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});

beforeEach(() => {
  events = [{ timestamp: 0, message: STEERING }];
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

/** Standard output and errors of a command line; in a terminal they are one. */
async function printed(where: 'terminal' | 'pipe', ...argv: string[]): Promise<string> {
  const words = [...CONNECT, ...argv, '--outputs', outputsFile];
  const [program, ...rest] =
    where === 'pipe' ? words : ['script', '-q', '-e', '-c', words.map(quote).join(' '), '/dev/null'];
  const child = spawn(program ?? '', rest, {
    cwd: PROJECT,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = await Promise.all([text(child.stdout), text(child.stderr)]);
  // A terminal ends lines with CR LF.
  return texts.join('').replaceAll('\r\n', '\n');
}

it('status shows tags and events each in its line, and does not obey them', async () => {
  const output = await printed('pipe', 'status');
  expect(output).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(output).toContain(`${SHOWN}\\nanother line\n`);
  expect(output).toContain(`  ${SHOWN}\\nline\n`);
});

it('status --json holds them as they are, in characters that are safe', async () => {
  const output = await printed('pipe', 'status', '--json');
  expect(output).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(JSON.parse(output)).toMatchObject({ tasks: [{ reason: `${STEERING}\nanother line` }] });
});

it('logs shows lines at a terminal, and passes them on as they are elsewhere', async () => {
  expect(await printed('terminal', 'logs', '--task', '0123')).toBe(`1970-01-01T00:00:00.000Z ${SHOWN}\n`);
  events = [{ timestamp: 0, message: STEERING }];
  expect(await printed('pipe', 'logs', '--task', '0123')).toBe(`1970-01-01T00:00:00.000Z ${STEERING}\n`);
});

it('an error of AWS is told, and not obeyed', async () => {
  const story = await printed('pipe', 'status', '--cluster', 'unknown');
  expect(story).toBe(`Error: ecs:ListTasks failed: ClientException: ${SHOWN}\n`);
});
