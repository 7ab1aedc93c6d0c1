import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath } from '../../../src/local-aws/tools';
import { type Bastion, caller, startBastion, startTask } from '../../support/bastion';
import { startGateway } from '../../support/gateway';
import { PROJECT } from '../../support/helper';
import { Tmux } from '../../support/tmux';
import { Destinations } from '../local-aws/agent/destinations';

const BIN = join(PROJECT, 'src/cli/bin');
const QUICK = { startDelayMs: 0, agentDelayMs: 0, targetNotConnectedMs: 0, yumDelayMs: 0 };

let bastion: Bastion;
let env: NodeJS.ProcessEnv;
let task: string;
let target: string;

beforeAll(async () => {
  if (findOnPath('aws') === undefined)
    throw new Error('aws is not on the PATH: install it with apt-get install awscli');
  bastion = await startBastion({ faults: QUICK });
  env = { ...bastion.aws.environment, PATH: `${BIN}:${process.env.PATH ?? ''}` };
  const call = caller(bastion.aws);
  task = await startTask(bastion);
  for (let runtimeId = ''; runtimeId === '';) {
    await sleep(50);
    const described = (await call('ecs', 'DescribeTasks', { cluster: bastion.cluster, tasks: [task] })) as {
      tasks: { containers: { runtimeId?: string; managedAgents?: { lastStatus: string }[] }[] }[];
    };
    const container = described.tasks[0]?.containers[0];
    if (container?.managedAgents?.[0]?.lastStatus === 'RUNNING') runtimeId = container.runtimeId ?? '';
    target = `ecs:${bastion.cluster}_${task.slice(task.lastIndexOf('/') + 1)}_${runtimeId}`;
  }
});

afterEach(() => {
  bastion.aws.setFaults(QUICK);
});

afterAll(() => bastion[Symbol.asyncDispose]());

const execute = (command: string): string =>
  `aws ecs execute-command --cluster ${bastion.cluster} --task ${task} --container bastion --interactive --command "${command}"`;

interface Result {
  readonly exitCode: number | null;
  readonly output: string;
  readonly error: string;
}

/** A line of a shell on this machine, without a terminal. @param onOutput told all that it has said, at each piece */
async function shellLine(
  line: string,
  more: NodeJS.ProcessEnv = {},
  onOutput: (output: string) => void = () => undefined,
): Promise<Result> {
  const child = spawn('sh', ['-c', line], { cwd: bastion.directory, env: { ...env, ...more } });
  let [output, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    onOutput(output);
  });
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  child.stdin.end();
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output, error };
}

/** What the AWS CLI would hand over for a new session. */
async function startSession(more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  return await caller(bastion.aws)('ssm', 'StartSession', { Target: target, ...more });
}

describe('aws ecs execute-command', () => {
  it('at a terminal: typing, Ctrl-C, size, and the terminal as before', async () => {
    using terminal = new Tmux({ env, cwd: bastion.directory });
    const before = await terminal.settings();
    terminal.line(`${execute('/bin/sh')}; echo "code $?"`);
    await terminal.shows(/Starting session with SessionId: ecs-execute-command-[0-9a-f]+\n#$/m);
    terminal.line('stty size');
    await terminal.shows(/^30 100$/m);
    terminal.resize(120, 40);
    terminal.line(`sh -c 'echo asleep; exec sleep 1000'`);
    await terminal.shows(/^asleep$/m);
    terminal.press('C-c');
    await terminal.shows(/\^C\n#$/m);
    terminal.line('stty size; exit');
    await terminal.shows(/^40 120$[^]*Exiting session with sessionId: ecs-execute-command-[0-9a-f]+\.\n[^]*^code 0$/m);
    expect(await terminal.settings()).toBe(before);
  });

  it('with standard input from /dev/null: all output, and no EOF', async () => {
    const { output, error, exitCode } = await shellLine(
      `${execute(`sh -c 'seq 1 20000; sleep 3; echo the end'`)} </dev/null`,
    );
    expect(output).toContain(`${Array.from({ length: 20_000 }, (_, n) => `${n + 1}\r\n`).join('')}the end\r\n`);
    expect(output).toMatch(/\n\nExiting session with sessionId: ecs-execute-command-[0-9a-f]+\.\n\n$/);
    expect([error, exitCode]).toEqual(['', 0]);
  });

  it('with piped input: it is typed, and what it prints comes back', async () => {
    const { output, exitCode } = await shellLine(`printf 'echo $((6*7))\\nexit\\n' | ${execute('/bin/sh')}`);
    expect(output).toMatch(/^42\r$/m);
    expect([output.includes('EOF'), exitCode]).toEqual([false, 0]);
  });

  it('with piped input that does not say exit: its end does', async () => {
    const { output, exitCode } = await shellLine(`printf 'echo $((6*7))\\n' | ${execute('/bin/sh')}`);
    expect(output).toMatch(/^42\r$/m);
    expect(exitCode).toBe(0);
  });

  it('cut again and again: resumed at Systems Manager, though the AWS CLI names the endpoint of ECS', async () => {
    expect(new Set([bastion.aws.endpoints.ecs, bastion.aws.endpoints.ssm]).size).toBe(2);
    bastion.aws.setFaults({ ...QUICK, cutEveryMs: 700 });
    const { output, error, exitCode } = await shellLine(
      `${execute(`sh -c 'for n in \\$(seq 1 40); do echo tick\\$n; sleep 0.1; done'`)} </dev/null`,
    );
    const ticks = output.match(/^tick\d+\r$/gm);
    expect(ticks).toEqual(Array.from({ length: 40 }, (_, index) => `tick${index + 1}\r`));
    // Of a connection that was away for more than a second it speaks, as on a slow machine.
    const others = error.replaceAll(/^(Connection lost: .*|Connected again, nothing is lost)\n/gm, '');
    expect([others, exitCode]).toEqual(['', 0]);
  });

  it('with a command that is not there: the reason', async () => {
    const { output } = await shellLine(`${execute('/bin/nosuch')} </dev/null`);
    expect(output).toMatch(/\n\nSessionId: ecs-execute-command-\S+ : [^]*no such file or directory/);
  });
});

it('aws ssm start-session runs a shell', async () => {
  const { output, exitCode } = await shellLine(`echo 'echo $((6*7)); exit' | aws ssm start-session --target ${target}`);
  expect(output).toMatch(/^42\r$/m);
  expect(exitCode).toBe(0);
});

describe('called by itself', () => {
  const line = 'session-manager-plugin "$RESPONSE" ap-northeast-1 StartSession "" "$REQUEST" "$ENDPOINT"';
  const call = (
    response: unknown,
    more: NodeJS.ProcessEnv = {},
    onOutput?: (output: string) => void,
  ): Promise<Result> => {
    const request = { Target: target };
    const variables = { RESPONSE: JSON.stringify(response), REQUEST: JSON.stringify(request) };
    return shellLine(line, { ...variables, ENDPOINT: bastion.aws.endpoints.ssm, ...more }, onOutput);
  };

  it('a command with separate streams has them apart, and its exit code', async () => {
    const response = await startSession({
      DocumentName: 'AWS-StartNonInteractiveCommand',
      Parameters: { command: [`sh -c 'echo out; echo err >&2; exit 3'`], separateOutputStream: ['true'] },
    });
    const { output, error, exitCode } = await call(response);
    expect(output).toMatch(/\nout\n/);
    expect(output).not.toContain('err');
    expect([error, exitCode]).toEqual(['err\n', 3]);
  });

  it('the ticket may stand in a variable, out of sight of ps', async () => {
    const response = await startSession({
      DocumentName: 'AWS-StartInteractiveCommand',
      Parameters: { command: ['echo hello'] },
    });
    const { output, exitCode } = await call(undefined, {
      RESPONSE: 'AWS_SSM_START_SESSION_RESPONSE',
      AWS_SSM_START_SESSION_RESPONSE: JSON.stringify(response),
    });
    expect(output).toMatch(/\nhello\r\n/);
    expect(exitCode).toBe(0);
  });

  it('a stream that cannot be opened is an error, soon', async () => {
    const { error, exitCode } = await call({ SessionId: 's', TokenValue: 't', StreamUrl: 'ws://127.0.0.1:1/' });
    expect([error, exitCode]).toEqual([expect.stringMatching(/The session was lost: .*ECONNREFUSED/), 255]);
  });

  describe('without credentials', () => {
    const NONE = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_EC2_METADATA_DISABLED: undefined,
    };

    /** A machine's metadata that takes connections and never answers. */
    async function silentMetadata(): Promise<{ readonly url: string } & Disposable> {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const sockets = new Set<Socket>();
      server.on('connection', (socket) => sockets.add(socket));
      const { port } = server.address() as AddressInfo;
      return {
        url: `http://127.0.0.1:${port}`,
        [Symbol.dispose]: () => {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      };
    }

    const start = () =>
      startSession({ DocumentName: 'AWS-StartInteractiveCommand', Parameters: { command: ['echo hello'] } });

    it('an older service takes the stream unsigned, whatever the metadata of the machine do', async () => {
      bastion.aws.setFaults({ ...QUICK, olderService: true });
      using metadata = await silentMetadata();
      const more = { ...NONE, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
      const { output, error, exitCode } = await call(await start(), more);
      expect(output).toMatch(/\nhello\r\n/);
      expect(error).toMatch(/^The session's stream is opened without a signature: [^\n]+\n$/);
      expect(exitCode).toBe(0);
    });

    it('the service of today refuses it, and that is said', async () => {
      using metadata = await silentMetadata();
      const more = { ...NONE, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
      const { error, exitCode } = await call(await start(), more);
      expect(error).toMatch(
        /\nError: The service wants the session's stream signed, and there are no AWS credentials \(Missing Authentication Token; [^\n]+\)\nGive the credentials that started the session, for example in AWS_PROFILE\n$/,
      );
      expect(exitCode).toBe(1);
    });
  });

  it('a session that cannot be resumed is an error, and does not hang', async () => {
    const response = await startSession({
      DocumentName: 'AWS-StartInteractiveCommand',
      Parameters: { command: [`sh -c 'echo ready; sleep 1000'`] },
    });
    const { output, error, exitCode } = await call(response, {}, (sofar) => {
      if (sofar.includes('ready')) bastion.aws.setFaults({ ...QUICK, cutEveryMs: 1, resumeFailure: 'unknown' });
    });
    expect(output).toContain('ready');
    expect([error, exitCode]).toEqual([expect.stringMatching(/The session was lost/), 255]);
  });

  it('a port without a listener is standard input and output, as ssh wants it', async () => {
    using destinations = new Destinations();
    await using harness = await startGateway({ agentVersion: '3.0.196.0' }); // which has no other sessions
    const portNumber = String(await destinations.echo());
    const { sessionId, tokenValue, streamUrl } = harness.start('', { sessionType: 'Port', parameters: { portNumber } });
    const response = { SessionId: sessionId, TokenValue: tokenValue, StreamUrl: streamUrl };
    const { output, error, exitCode } = await shellLine(`printf 'SSH-2.0-hello' | ${line}`, {
      RESPONSE: JSON.stringify(response),
      REQUEST: JSON.stringify({ Target: target, DocumentName: 'AWS-StartSSHSession' }),
      ENDPOINT: bastion.aws.endpoints.ssm,
    });
    expect(output).toMatch(/^\nStarting session with SessionId: \S+\nSSH-2\.0-hello\n\nExiting session/);
    expect([error, exitCode]).toEqual(['', 0]);
  });

  it('wrong usage is told on standard error', async () => {
    const { output, error, exitCode } = await shellLine('session-manager-plugin nonsense r StartSession');
    expect([output, exitCode]).toEqual(['', 2]);
    expect(error).toMatch(/Error: The response of StartSession is not JSON/);
  });
});

describe('aws ssm start-session to a port', () => {
  const TO_TASK = 'AWS-StartPortForwardingSession';
  const destinations = new Destinations();

  afterEach(() => {
    destinations[Symbol.dispose]();
  });

  /** The AWS CLI in a process group of its own, as a terminal has it. */
  function forward(parameters: Record<string, string>): Forwarding {
    const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const argv = ['ssm', 'start-session', '--target', target, '--document-name', TO_TASK, '--parameters', given.join()];
    const child = spawn('aws', argv, { cwd: bastion.directory, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let [output, error] = ['', ''];
    let tell: () => void = () => undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      tell();
    });
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
    const ended = once(child, 'close').then(([exitCode]) => {
      tell();
      return exitCode as number | null;
    });
    const shows = async (what: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const found = what.exec(output);
        if (found !== null) return found;
        if (child.exitCode !== null) throw new Error(`${output}${error}`);
        await new Promise<void>((resolve) => (tell = resolve));
      }
    };
    const interrupt = (): void => void process.kill(-(child.pid ?? 0), 'SIGINT');
    return { shows, interrupt, ended, output: () => output, error: () => error };
  }

  async function ask(port: number, question: string): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write(question);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString();
  }

  it('forwards connections until Ctrl-C, with the lines of the official client', async () => {
    const plugin = forward({ portNumber: String(await destinations.echo()), localPortNumber: '0' });
    const [, port = '', id = ''] = await plugin.shows(
      /Port (\d+) opened for sessionId (\S+)\.\nWaiting for connections\.\.\.\n/,
    );
    expect(await Promise.all(['one', 'two', 'three'].map((word) => ask(Number(port), word)))).toEqual([
      'one',
      'two',
      'three',
    ]);
    await plugin.shows(/Connection accepted/);
    plugin.interrupt();
    expect(await plugin.ended).toBe(0);
    expect(plugin.output()).toBe(
      `\nStarting session with SessionId: ${id}\n` +
        `Port ${port} opened for sessionId ${id}.\nWaiting for connections...\n` +
        `\nConnection accepted for session [${id}]\n` +
        `Terminate signal received, exiting.\n\n\nExiting session with sessionId: ${id}.\n\n`,
    );
    expect(plugin.error()).toBe('');
  });

  it('listens on the port that it is told, and says when that is not to be had', async () => {
    const taken = await destinations.echo();
    const plugin = forward({ portNumber: String(taken), localPortNumber: String(taken) });
    expect(await plugin.ended).not.toBe(0);
    expect(plugin.error()).toMatch(`Error: Port ${taken} of this machine is not free`);
    const free = await destinations.closed();
    const another = forward({ portNumber: String(taken), localPortNumber: String(free) });
    await another.shows(new RegExp(`Port ${free} opened`));
    expect(await ask(free, 'hello')).toBe('hello');
    another.interrupt();
    expect(await another.ended).toBe(0);
  });

  it('tells of a destination that cannot be connected to', async () => {
    const plugin = forward({ portNumber: String(await destinations.closed()) });
    const [, port = ''] = await plugin.shows(/Port (\d+) opened/);
    await plugin.shows(/Waiting/);
    await expect(ask(Number(port), 'anybody?')).rejects.toThrow('ECONNRESET');
    await plugin.shows(/\nConnection to destination port failed, check SSM Agent logs\.\n/);
    plugin.interrupt();
    expect(await plugin.ended).toBe(0);
  });

  it('ends when the service ends the session', async () => {
    const plugin = forward({ portNumber: String(await destinations.echo()) });
    const [, id = ''] = await plugin.shows(/opened for sessionId (\S+)\./);
    await plugin.shows(/Waiting/);
    await caller(bastion.aws)('ssm', 'TerminateSession', { SessionId: id });
    expect(await plugin.ended).toBe(0);
    expect(plugin.output()).toMatch(`\n\nExiting session with sessionId: ${id}.\n\n`);
  });

  it('has one connection after the other when the agent is old', async () => {
    bastion.aws.setFaults({ ...QUICK, agentVersion: '3.0.196.0' });
    const plugin = forward({ portNumber: String(await destinations.echo()) });
    const [, port = '', id = ''] = await plugin.shows(/Port (\d+) opened for sessionId (\S+)\.\n/);
    expect(await ask(Number(port), 'one')).toBe('one');
    expect(await ask(Number(port), 'two')).toBe('two');
    await plugin.shows(new RegExp(`Connection accepted for session ${id}\\.\n`));
    plugin.interrupt();
    expect(await plugin.ended).toBe(0);
  });
});

interface Forwarding {
  /** Waits for it on standard output. */
  readonly shows: (what: RegExp) => Promise<RegExpExecArray>;
  /** As Ctrl-C at a terminal. */
  readonly interrupt: () => void;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
  readonly error: () => string;
}
