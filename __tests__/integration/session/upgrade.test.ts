import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { SignedChannelAccess } from '../../../src/aws/channel-access';
import { Session, SessionLostError } from '../../../src/session/session';
import { type ChannelAccess, ChannelRefusedError, type UpgradeRefusal } from '../../../src/session/upgrade';
import { eventually } from '../../support/eventually';

/** What a server answers to one upgrade: HTTP, HTTP that does not end, or a WebSocket, perhaps one that it closes at once. */
type Answer = string | { readonly close?: number; readonly reason?: string; readonly open?: string };
const STAYS: Answer = {};

describe('a service that does not want the stream opened', () => {
  let server: Server;
  let sockets: WebSocketServer;
  let answers: Answer[];
  let requests: IncomingMessage[];
  let resumed: number;

  beforeEach(async () => {
    sockets = new WebSocketServer({ noServer: true });
    [answers, requests, resumed] = [[], [], 0];
    server = createServer();
    server.on('upgrade', (request, socket, head) => {
      requests.push(request);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (typeof answer === 'object' && answer.open !== undefined) {
        socket.on('error', () => undefined);
        socket.write(answer.open);
        return;
      }
      if (typeof answer === 'string') {
        socket.end(answer);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (peer) => {
        if (answer?.close !== undefined) peer.close(answer.close, answer.reason);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });

  const ticket = () => ({
    sessionId: 's',
    tokenValue: 't',
    streamUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/data-channel/s?cell-number=${resumed}`,
  });
  const resume = () => {
    resumed += 1;
    return Promise.resolve(ticket());
  };
  const access = (refused: ChannelAccess['refused'], seen: UpgradeRefusal[] = []): ChannelAccess => ({
    request: (url, { refusals }) => Promise.resolve({ url, headers: { 'x-refusals': String(refusals) } }),
    refused: (refusal, history) => {
      seen.push(refusal);
      return refused(refusal, history);
    },
  });
  const denied = (body: string, headers = ''): string =>
    `HTTP/1.1 403 Forbidden\r\nDate: Fri, 09 Oct 2026 12:00:00 GMT\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

  it('is asked again at once, with the same ticket, where that may do', async () => {
    answers = [denied('{"message":"clock"}'), STAYS];
    await using session = await Session.open(ticket(), { access: access(() => 'again'), resume });
    expect(session.isConnected).toBe(true);
    expect(requests.map(({ headers }) => headers['x-refusals'])).toEqual(['0', '1']);
    expect(resumed).toBe(0);
  });

  it('is asked later with a new ticket, whose address is taken', async () => {
    answers = [denied('{"message":"not yet"}'), STAYS];
    await using session = await Session.open(ticket(), { access: access(() => 'later'), resume });
    expect(session.isConnected).toBe(true);
    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/data-channel/s?cell-number=0',
      '/v1/data-channel/s?cell-number=1',
    ]);
  });

  it('ends the opening with the reason that was found for it', async () => {
    answers = [denied('{"message":"never"}')];
    const opening = Session.open(ticket(), {
      access: access((_refusal, { refusals }) =>
        refusals < 2 ? 'later' : new ChannelRefusedError('Not allowed', 'Ask'),
      ),
      resume,
    });
    await expect(opening).rejects.toMatchObject({
      name: 'ChannelRefusedError',
      message: 'Not allowed',
      remedy: 'Ask',
      exitCode: 1,
    });
    expect(requests).toHaveLength(2);
  });

  it.each([
    [
      'JSON',
      '{"message":"the \\u001b[31mtext"}',
      'x-amzn-ErrorType: AccessDeniedException:http://\r\n',
      'the \\x1b[31mtext',
    ],
    ['JSON of older services', '{"__type":"com.amazon#AccessDeniedException","Message":"text"}', '', 'text'],
    ['plain text', 'plain words\n', 'x-amzn-ErrorType: AccessDeniedException\r\n', 'plain words'],
    ['a page', '<html>no</html>', 'x-amzn-ErrorType: AccessDeniedException\r\n', ''],
  ])('is understood in %s', async (_form, body, headers, message) => {
    answers = [denied(body, headers)];
    const seen: UpgradeRefusal[] = [];
    await expect(
      Session.open(ticket(), { access: access(() => new ChannelRefusedError('no'), seen) }),
    ).rejects.toBeInstanceOf(ChannelRefusedError);
    expect(seen).toEqual([
      { status: 403, code: 'AccessDeniedException', message, date: new Date('2026-10-09T12:00:00Z') },
    ]);
  });

  it('is understood when its words do not end, and none of them reaches the terminal as it is', async () => {
    const head = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\nConnection: close\r\n';
    answers = [{ open: `${head}x-amzn-ErrorType: not a name\r\n\r\nsome words` }];
    const seen: UpgradeRefusal[] = [];
    await expect(
      Session.open(ticket(), { access: access(() => new ChannelRefusedError('no'), seen) }),
    ).rejects.toBeInstanceOf(ChannelRefusedError);
    expect(seen).toMatchObject([{ status: 403, code: '', message: 'some words' }]);
  });

  it('gives opening up at once, also while nobody answers for credentials', async () => {
    const giveUp = new AbortController();
    const silent: ChannelAccess = { request: () => new Promise(() => undefined), refused: () => 'later' };
    const opening = Session.open(ticket(), { access: silent, resume, signal: giveUp.signal });
    giveUp.abort(new Error('Ctrl-C'));
    await expect(opening).rejects.toThrow('Ctrl-C');
    expect(requests).toEqual([]);
  });

  it('ends at once while a ticket is waited for', async () => {
    answers = [STAYS];
    const session = await Session.open(ticket(), {
      access: access(() => 'later'),
      resume: () => new Promise(() => undefined),
    });
    for (const socket of sockets.clients) socket.terminate();
    await eventually('the loss', () => !session.isConnected);
    await session[Symbol.asyncDispose]();
    await session.closed;
  });

  it('and lets the client in first, is taken at its word the second time', async () => {
    answers = [{ close: 1008, reason: 'ClientVersion 1.0.0.0 is not supported' }];
    await using session = await Session.open(ticket(), { access: access(() => 'later'), resume });
    await expect(session.closed).rejects.toMatchObject({
      name: 'SessionLostError',
      message: 'The session was lost: the service closed the connection: ClientVersion 1.0.0.0 is not supported',
      remedy: expect.stringMatching(/^This client says that it is \d/) as string,
    });
    expect(requests).toHaveLength(2);
  });

  it('that was open already, is asked five times in all before the right is taken to be gone', async () => {
    const { port } = server.address() as AddressInfo;
    const signed = new SignedChannelAccess({
      region: 'ap-northeast-1',
      configured: () => Promise.resolve([`http://127.0.0.1:${port}`]),
      credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
      clockOffsetMs: () => 0,
      warn: () => undefined,
    });
    const head = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 16\r\n';
    answers = [STAYS, `${head}x-amzn-ErrorType: AccessDeniedException\r\n\r\n{"message":"no"}`];
    await using session = await Session.open(ticket(), { access: signed, resume });
    for (const socket of sockets.clients) socket.terminate();
    await expect(session.closed).rejects.toMatchObject({
      name: 'SessionLostError',
      message: 'The session was lost: Not allowed to call ssmmessages:OpenDataChannel: no',
    });
    expect(requests).toHaveLength(1 + 5);
  });

  it('and drops whom it has let in, is not asked in a tight circle', async () => {
    answers = [{ close: 1011, reason: '' }];
    await using session = await Session.open(ticket(), { access: access(() => 'later'), resume, patienceMs: 1_500 });
    await expect(session.closed).rejects.toBeInstanceOf(SessionLostError);
    // With pauses that begin at 0.1 s and double there is no room for more.
    expect(requests.length).toBeLessThan(10);
  });
});
