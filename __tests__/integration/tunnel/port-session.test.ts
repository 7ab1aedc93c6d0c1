import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import type { SessionTicket } from '../../../src/local-aws/gateway';
import { SessionRefusedError } from '../../../src/session/session';
import { Listener } from '../../../src/tunnel/listener';
import { DestinationError, PortSession, type PortSessionOptions } from '../../../src/tunnel/port-session';
import { eventually } from '../../support/eventually';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { Destinations, forwarding } from '../local-aws/agent/destinations';
import { UNSIGNED } from '../../support/unsigned';

const MANNERS = { readPauseMs: 0 };

let harness: GatewayHarness;
const destinations = new Destinations();

beforeAll(async () => {
  harness = await startGateway(MANNERS);
});

afterEach(() => {
  harness.setFaults({});
  destinations[Symbol.dispose]();
});

afterAll(() => harness[Symbol.asyncDispose]());

const start = (port: number, host?: string): SessionTicket => harness.start('', forwarding(port, host));

async function open(ticket: SessionTicket, lost: string[] = []): Promise<PortSession> {
  return await PortSession.open(ticket, {
    access: UNSIGNED,
    resume: () => Promise.resolve(harness.resume(ticket)),
    onConnection: (reason) => {
      if (reason !== undefined) lost.push(reason);
    },
  });
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Says a thing, ends its half, and takes what comes. */
async function ask(port: number, question: Buffer | string): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const answer = buffer(socket);
  socket.end(question);
  return await answer;
}

/** Takes a number and a newline, gives so many bytes of its digit, and closes. */
const bytesOnDemand = (): Promise<number> =>
  destinations.listen((socket) => {
    socket.once('data', (data: Buffer) => {
      const [digit = '', count = ''] = data.toString().trim().split(' ');
      socket.end(Buffer.alloc(Number(count), digit));
    });
  });

describe('a listener on a port session', () => {
  it('has fifty connections at once, and each gets its own', async () => {
    await using session = await open(start(await bytesOnDemand()));
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(listener.port, `${index % 10} ${1000 + index * 100}\n`)),
    );
    expect(answers.map((answer) => answer.toString())).toEqual(
      Array.from({ length: 50 }, (_, index) => String(index % 10).repeat(1000 + index * 100)),
    );
  });

  it('carries megabytes both ways, whole', async () => {
    await using session = await open(start(await destinations.echo()));
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const bytes = randomBytes(3_000_000);
    const socket = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
    const back: Buffer[] = [];
    let missing = bytes.length;
    socket.write(bytes);
    for await (const chunk of socket) {
      back.push(chunk as Buffer);
      missing -= (chunk as Buffer).length;
      if (missing <= 0) break;
    }
    expect(digest(Buffer.concat(back))).toBe(digest(bytes));
  });

  it('lets a reader stand while another gets all of his', async () => {
    await using session = await open(start(await bytesOnDemand()));
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const slow = connect({ port: listener.port, host: '127.0.0.1' }); // which nobody reads yet
    slow.write('1 12000000\n');
    await once(slow, 'readable');
    const fast = await ask(listener.port, '2 2000000\n');
    expect(fast.equals(Buffer.alloc(2_000_000, '2'))).toBe(true);
    expect((await buffer(slow)).equals(Buffer.alloc(12_000_000, '1'))).toBe(true);
  });

  it('loses nothing when the connection to AWS is cut in the middle', async () => {
    const lost: string[] = [];
    // At the agent's real speed: of what a cut takes away it sends one frame again each 100 ms.
    harness.setFaults({ readPauseMs: 1, cutEveryBytes: 300_000 });
    const ticket = start(await bytesOnDemand());
    await using session = await open(ticket, lost);
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const answers = await Promise.all(['3 1000000\n', '4 1000000\n'].map((line) => ask(listener.port, line)));
    expect(answers[0]?.equals(Buffer.alloc(1_000_000, '3'))).toBe(true);
    expect(answers[1]?.equals(Buffer.alloc(1_000_000, '4'))).toBe(true);
    expect(lost.length).toBeGreaterThan(2);
  });

  it.each([
    ['refuses', () => destinations.closed(), undefined],
    ['has a name that nobody knows', () => destinations.echo(), 'nobody.invalid'],
  ])('resets a connection whose destination %s, and the session goes on', async (_, port, host) => {
    await using session = await open(start(await port(), host));
    const failures: Error[] = [];
    await using listener = await Listener.open({
      port: 0,
      connect: () => session.connect(),
      onFailure: (error) => failures.push(error),
    });
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await expect(ask(listener.port, 'anybody?')).rejects.toThrow('ECONNRESET');
      expect(failures).toHaveLength(attempt);
    }
    expect(failures.every((error) => error instanceof DestinationError)).toBe(true);
  });

  it('gives the answer to whoever ends his half at once', async () => {
    const port = await destinations.listen((socket) => {
      socket.once('data', (data: Buffer) => void turn().then(() => socket.end(data)));
    });
    await using session = await open(start(port));
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    expect((await ask(listener.port, 'a question')).toString()).toBe('a question');
  });

  it('tells the destination when a client has gone', async () => {
    let tell: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (tell = resolve));
    const port = await destinations.listen((socket) => {
      socket.resume();
      socket.once('close', tell);
      socket.once('end', () => socket.end());
    });
    await using session = await open(start(port));
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    const socket: Socket = connect({ port: listener.port, host: '127.0.0.1' });
    socket.write('and gone');
    await once(socket, 'connect');
    socket.destroy();
    await gone;
  });
});

it('the agent ends when the session is left', async () => {
  const ticket = start(await destinations.echo());
  const session = await open(ticket);
  expect(await session.terminate()).toBe(true);
  await session.closed;
  expect(() => harness.resume(ticket)).toThrow('cannot be resumed');
  await session[Symbol.asyncDispose]();
});

describe('a session that is left', () => {
  /** Ends it as the service does when it is asked. */
  const options = (ticket: SessionTicket, asked: string[]): PortSessionOptions => ({
    access: UNSIGNED,
    endRemotely: () => {
      asked.push(ticket.sessionId);
      harness.gateway.terminateSession(ticket.sessionId);
      return Promise.resolve();
    },
  });

  it('is ended by the service when that has turned the client away', async () => {
    const asked: string[] = [];
    const ticket = start(await destinations.echo());
    const session = await PortSession.open(ticket, {
      ...options(ticket, asked),
      resume: () => Promise.resolve(harness.resume(ticket)),
    });
    harness.setFaults({ minimumClientVersion: '99.0.0.0' });
    harness.gateway.cutClient(ticket.sessionId);
    await expect(session.closed).rejects.toThrow(/the minimum is 99/);
    harness.setFaults({});
    await session[Symbol.asyncDispose]();
    expect(asked).toEqual([ticket.sessionId]);
  });

  it('is ended by the service while its connection is away', async () => {
    const asked: string[] = [];
    const ticket = start(await destinations.echo());
    let lost: () => void = () => undefined;
    const away = new Promise<void>((resolve) => (lost = resolve));
    const session = await PortSession.open(ticket, {
      ...options(ticket, asked),
      resume: () => Promise.reject(new Error('no network')),
      onConnection: () => {
        lost();
      },
    });
    harness.gateway.cutClient(ticket.sessionId);
    await away;
    await session[Symbol.asyncDispose]();
    expect(asked).toEqual([ticket.sessionId]);
  });

  it('is ended by the service before its handshake is done', async () => {
    const asked: string[] = [];
    const giveUp = new AbortController();
    const ticket = start(await destinations.echo());
    harness.gateway.pause(ticket.sessionId);
    const opening = PortSession.open(ticket, { ...options(ticket, asked), signal: giveUp.signal });
    const refused = expect(opening).rejects.toThrow('enough');
    await eventually('the connection', () =>
      harness.gateway.sessions().some(({ sessionId, connected }) => sessionId === ticket.sessionId && connected),
    );
    giveUp.abort(new Error('enough'));
    await refused;
    expect(asked).toEqual([ticket.sessionId]);
  });

  it('is ended by the agent where it can be told, and the service is not asked', async () => {
    const asked: string[] = [];
    const ticket = start(await destinations.echo());
    const session = await PortSession.open(ticket, options(ticket, asked));
    await session[Symbol.asyncDispose]();
    expect(asked).toEqual([]);
    await eventually(
      'its end',
      () => !harness.gateway.sessions().some(({ sessionId }) => sessionId === ticket.sessionId),
    );
  });
});

it('a session that the service ends takes its connections along', async () => {
  const ticket = start(await destinations.echo());
  await using session = await open(ticket);
  const connection = await session.connect();
  connection.write('hello');
  await once(connection, 'data');
  const failed = once(connection, 'error');
  harness.gateway.terminateSession(ticket.sessionId);
  await session.closed;
  expect(String(await failed)).toMatch(/session was lost/);
  await expect(session.connect()).rejects.toThrow(/session was lost/);
});

it('a forbidden destination ends the session, with the agent’s words', async () => {
  await using session = await open(start(80, '169.254.169.254'));
  await expect(session.closed).rejects.toThrow(SessionRefusedError);
  await expect(session.closed).rejects.toThrow(/Forwarding to IP address 169.254.169.254 is forbidden/);
});

it('a session that is no port session is refused', async () => {
  const ticket = harness.start('cat', { sessionType: 'NonInteractiveCommands' });
  await expect(PortSession.open(ticket, { access: UNSIGNED })).rejects.toThrow();
});

describe('an agent of an old version', () => {
  it('without streams has one connection after the other', async () => {
    harness.setFaults({ agentVersion: '3.0.196.0' });
    let connections = 0;
    const port = await destinations.listen((socket) => {
      connections += 1;
      const name = connections;
      socket.on('data', (data: Buffer) => socket.write(`${name} ${data.toString()}`));
      socket.on('end', () => socket.end());
    });
    await using session = await open(start(port));
    await using listener = await Listener.open({ port: 0, connect: () => session.connect() });
    expect(session.hasStreams).toBe(false);
    const answers = await Promise.all(['a', 'b', 'c'].map((letter) => ask(listener.port, letter)));
    expect(answers.map(String).toSorted()).toEqual(['1 a', '2 b', '3 c']);
  });
});
