import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IPty, spawn } from '@lydell/node-pty';
import type { SessionFaults } from '../../../../src/local-aws/agent/faults';
import { Gateway } from '../../../../src/local-aws/gateway';
import { freePort } from '../../../../src/local-aws/free-port';
import { SignatureVerifier } from '../../../../src/local-aws/signature/verifier';
import { requirePython } from '../../../../src/local-aws/tools';
import { temporaryDirectory } from '../../../support/bastion';
import { hostOf } from './host';
import { RawClient } from './raw-client';

const host = hostOf(temporaryDirectory(), { PS1: '# ' });
const TICKS = `sh -c 'i=1; while [ $i -le 30 ]; do echo tick$i; i=$((i+1)); sleep 0.1; done'`;
const ALL_TICKS = Array.from({ length: 30 }, (_, index) => index + 1);

const ticksIn = (text: string): number[] => [...text.matchAll(/tick(\d+)/g)].map(([, number]) => Number(number));

/** The gateway with the one call that a client makes on its own. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { SessionId } = JSON.parse(Buffer.concat(chunks).toString()) as { SessionId: string };
    calls.push(String(request.headers['x-amz-target']));
    const ticket = gateway.resumeSession(SessionId);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ SessionId, TokenValue: ticket?.tokenValue, StreamUrl: ticket?.streamUrl }));
  });
});
const verifier = new SignatureVerifier({ credential: () => undefined });
/** Why channels have been refused. */
const refusals: unknown[] = [];
/** The client of the public source calls itself 1.2.0.0 and signs nothing. */
const OLDER: Partial<SessionFaults> = { olderService: true };
let faults = OLDER;
const gateway = new Gateway({
  streamOrigin: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
  python: requirePython(),
  faults: () => faults,
  authorize: async ({ method = '', url = '', headersDistinct: headers }, { region }) => {
    try {
      verifier.verify({ method, url, headers }, { region, service: 'ssmmessages' });
    } catch (error) {
      refusals.push(error);
      throw error;
    }
    return Promise.resolve();
  },
});
const calls: string[] = [];
/** The connections of data channels: the client's and the agent's, in the order in which they were made. */
const connections: Socket[] = [];

beforeAll(async () => {
  server.on('upgrade', (request, socket: Socket, head) => {
    connections.push(socket);
    gateway.handleUpgrade(request, socket, head);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(() => {
  connections.length = 0;
  calls.length = 0;
  refusals.length = 0;
  faults = OLDER;
});

afterAll(async () => {
  await gateway.close();
  server.close();
});

const start = (command: string) => gateway.startSession({ host, command, idPrefix: 'ecs-execute-command' });

const startPort = (port: number, localPort: number) =>
  gateway.startSession({
    host,
    sessionType: 'Port',
    parameters: { portNumber: String(port), localPortNumber: String(localPort), type: 'LocalPortForwarding' },
    idPrefix: 'port',
  });

it('a scripted client that is cut and resumes misses nothing', async () => {
  const ticket = start(TICKS);
  using before = await RawClient.open(ticket);
  await before.shows('tick15');
  before.socket.terminate();
  const resumed = gateway.resumeSession(ticket.sessionId);
  if (resumed === undefined) throw new Error('the session is gone');
  using after = await RawClient.open(resumed);
  expect(await after.closed()).toBe('');
  expect([...new Set([...ticksIn(before.output()), ...ticksIn(after.output())])]).toEqual(ALL_TICKS);
});

/** The official client in a terminal, called as the AWS CLI calls it. */
class OfficialClient implements Disposable {
  output = '';
  private readonly pty: IPty;
  readonly exitCode: Promise<number>;

  constructor(program: string, { sessionId, tokenValue, streamUrl }: ReturnType<typeof start>) {
    const ticket = JSON.stringify({ SessionId: sessionId, TokenValue: tokenValue, StreamUrl: streamUrl });
    const target = JSON.stringify({ Target: host.target });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = {
      PATH: process.env.PATH,
      HOME: host.workingDirectory,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    };
    this.pty = spawn(program, [ticket, 'ap-northeast-1', 'StartSession', '', target, endpoint], {
      cols: 80,
      rows: 24,
      env,
    });
    this.pty.onData((data) => (this.output += data));
    this.exitCode = new Promise((resolve) => {
      this.pty.onExit(({ exitCode }) => {
        resolve(exitCode);
      });
    });
  }

  type(text: string): void {
    this.pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.pty.resize(columns, rows);
  }

  async shows(pattern: RegExp): Promise<void> {
    for (const deadline = Date.now() + 20_000; !pattern.test(this.output);) {
      if (Date.now() > deadline) throw new Error(`${String(pattern)} is not in ${JSON.stringify(this.output)}`);
      await sleep(20);
    }
  }

  [Symbol.dispose](): void {
    this.pty.kill('SIGKILL');
  }
}

const program = process.env.SESSION_MANAGER_PLUGIN ?? '';
if (program !== '') {
  describe('the official client', () => {
    it('types, interrupts, resizes and leaves', async () => {
      using client = new OfficialClient(program, start('sh'));
      await client.shows(/Starting session with SessionId: ecs-execute-command-[0-9a-f]{17}\r\n# $/);
      client.type("sh -c 'echo asleep; exec sleep 1000'\n");
      await client.shows(/\nasleep\r/);
      client.type('\x03');
      await client.shows(/\^C\r+\n# $/);
      client.type('stty size\n');
      await client.shows(/\n24 80\r+\n# $/);
      client.resize(120, 40);
      // It looks at its terminal every half second.
      client.type('sleep 0.7; stty size; exit 3\n');
      await client.shows(/\n40 120\r/);
      await client.shows(/\n\r?\nExiting session with sessionId: ecs-execute-command-[0-9a-f]{17}\.\r\n/);
      expect(await client.exitCode).toBe(0); // the command's code is not on the wire
    });

    it('does not get its channel from the service of today', async () => {
      faults = {};
      const ticket = start(TICKS);
      using client = new OfficialClient(program, ticket);
      await client.shows(/Starting session with SessionId: /);
      for (const deadline = Date.now() + 20_000; refusals.length < 2 && Date.now() < deadline;) await sleep(20);
      expect(refusals.slice(0, 2)).toMatchObject([
        { code: 'MissingAuthenticationTokenException' },
        { code: 'MissingAuthenticationTokenException' },
      ]);
      expect(ticksIn(client.output)).toEqual([]);
      gateway.terminateSession(ticket.sessionId);
    });

    it('prints why a command could not be started', async () => {
      using client = new OfficialClient(program, start('/bin/nosuch'));
      expect(await client.exitCode).toBe(0);
      expect(client.output).toContain(
        ' : \r\n----------ERROR-------\r\nUnable to start command: Failed to start pty: fork/exec /bin/nosuch: no such file or directory\r\n',
      );
    });

    it('forwards a port, with several connections at once, and ends when it is interrupted', async () => {
      const echo = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.pipe(socket);
      });
      await once(echo.listen(0, '127.0.0.1'), 'listening');
      const { port } = echo.address() as AddressInfo;
      const localPort = await freePort();
      try {
        using client = new OfficialClient(program, startPort(port, localPort));
        await client.shows(/Waiting for connections\.\.\./);
        const answers = await Promise.all(
          ['one', 'two', 'three'].map(async (text) => {
            const socket = connect(localPort, '127.0.0.1');
            socket.write(text);
            const [answer] = (await once(socket, 'data')) as [Buffer];
            socket.destroy();
            return answer.toString();
          }),
        );
        expect(answers).toEqual(['one', 'two', 'three']);
        client.type('\x03');
        await client.shows(/Exiting session with sessionId: port-[0-9a-f]{17}\./);
      } finally {
        echo.close();
      }
    });

    it('says that a destination cannot be reached', async () => {
      const localPort = await freePort();
      using client = new OfficialClient(program, startPort(await freePort(), localPort));
      await client.shows(/Waiting for connections\.\.\./);
      const socket = connect(localPort, '127.0.0.1');
      await once(socket, 'close');
      await client.shows(/Connection to destination port failed, check SSM Agent logs\./);
    });

    it('resumes after a cut of its connection, does not notice a cut of the agent’s, and shows all once', async () => {
      using client = new OfficialClient(program, start(TICKS));
      await client.shows(/tick13\r/);
      connections[0]?.destroy();
      await client.shows(/tick20\r/);
      connections[1]?.destroy();
      expect(await client.exitCode).toBe(0);
      expect(ticksIn(client.output)).toEqual(ALL_TICKS);
      expect(calls).toEqual(['AmazonSSM.ResumeSession']);
      expect(connections).toHaveLength(4);
    });
  });
}
