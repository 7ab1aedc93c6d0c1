import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Gateway, SessionTicket } from '../../../src/local-aws/gateway';
import {
  decodeMessage,
  encodeMessage,
  Flags,
  type Message,
  newMessage,
  PayloadType,
} from '../../../src/session/message';
import { acknowledge, decodeChannelClosed } from '../../../src/session/payload';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { PROJECT } from '../../support/helper';
import { Tmux } from '../../support/tmux';

let harness: GatewayHarness;
let gateway: Gateway;

beforeAll(async () => {
  harness = await startGateway();
  ({ gateway } = harness);
});

afterAll(() => harness[Symbol.asyncDispose]());

const start = (command: string): SessionTicket => harness.start(command);

/** A client that knows the frames and nothing else: what it does not do here, the agent does not get. */
class BareClient {
  readonly frames: { readonly at: number; readonly message: Message }[] = [];
  acknowledges = true;
  private sequence = 0;
  private readonly openedAt = Date.now();

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const message = decodeMessage(data);
      this.frames.push({ at: Date.now() - this.openedAt, message });
      if (message.messageType === 'output_stream_data' && this.acknowledges)
        socket.send(encodeMessage(acknowledge(message)));
    });
  }

  static async open({ streamUrl, tokenValue }: SessionTicket): Promise<BareClient> {
    const socket = new WebSocket(streamUrl);
    await once(socket, 'open');
    const client = new BareClient(socket);
    socket.send(
      JSON.stringify({
        MessageSchemaVersion: '1.0',
        RequestId: randomUUID(),
        TokenValue: tokenValue,
        ClientId: randomUUID(),
        ClientVersion: '1.2.764.0',
      }),
    );
    return client;
  }

  send(payloadType: number, payload: Buffer): Message {
    const message = newMessage('input_stream_data', { sequenceNumber: this.sequence++, payloadType, payload });
    this.socket.send(encodeMessage(message));
    return message;
  }

  of(type: Message['messageType']): readonly Message[] {
    return this.frames.map(({ message }) => message).filter(({ messageType }) => messageType === type);
  }

  output(): Buffer {
    return Buffer.concat(this.of('output_stream_data').map(({ payload }) => payload));
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    for (const deadline = Date.now() + 20_000; !condition();) {
      if (Date.now() > deadline) throw new Error(`${what} does not come: ${this.output().toString()}`);
      await sleep(10);
    }
  }

  async closed(): Promise<string> {
    await this.until('channel_closed', () => this.of('channel_closed').length > 0);
    return decodeChannelClosed(this.of('channel_closed')[0]?.payload ?? Buffer.alloc(0)).output;
  }
}

describe('a plain session', () => {
  it('has no handshake; the first output comes after a second, with SYN; the end is told by channel_closed', async () => {
    const client = await BareClient.open(start('/bin/sh'));
    await client.until('a prompt', () => client.output().toString() === '# ');
    const first = client.frames.find(({ message }) => message.messageType === 'output_stream_data');
    expect(first?.at).toBeGreaterThan(1000);
    expect(first?.message).toMatchObject({ sequenceNumber: 0, flags: Flags.Syn, payloadType: PayloadType.Output });
    expect(client.of('start_publication')).toHaveLength(1);
    client.send(PayloadType.Output, Buffer.from('stty size\r'));
    await client.until('the size', () => /\r\n0 0\r\n/.test(client.output().toString()));
    client.send(PayloadType.Size, Buffer.from('{"cols":120,"rows":40}'));
    client.send(PayloadType.Output, Buffer.from('stty size; exit 3\r'));
    expect(await client.closed()).toBe('');
    expect(client.output().toString()).toContain('40 120\r\n');
    expect(client.of('acknowledge')).toHaveLength(3);
  });

  it('runs its words without a shell', async () => {
    const client = await BareClient.open(start(`printf %s| $HOME 'a b' * ;`));
    await client.closed();
    expect(client.output().toString()).toBe('$HOME|a b|*|;|');
  });

  it('has a worker with the name of the real one, by which a task can see that it is in use', async () => {
    const ticket = start(`sh -c 'ps -A -o args= | grep "^ssm-session-worker "'`);
    const client = await BareClient.open(ticket);
    await client.closed();
    expect(client.output().toString()).toContain(`ssm-session-worker ${ticket.sessionId}\r\n`);
  });

  it.each([
    ['/bin/nosuch', /fork\/exec \/bin\/nosuch: no such file or directory/],
    ['nosuch', /exec: "nosuch": executable file not found in \$PATH/],
    ["sh -c 'open", /Failed to parse commands input: EOF found when expecting closing quote/],
  ])('that cannot start (%j) says so only in channel_closed, after two seconds', async (command, reason) => {
    const client = await BareClient.open(start(command));
    expect(await client.closed()).toMatch(/^\n-{10}ERROR-{7}\nUnable to start command: /);
    expect(await client.closed()).toMatch(reason);
    expect(client.output()).toHaveLength(0);
    expect(client.frames.at(-1)?.at).toBeGreaterThan(1900);
  });

  it('without a command is refused at once', async () => {
    const client = await BareClient.open(start('  '));
    expect(await client.closed()).toBe('Commands cannot be empty for session type InteractiveCommands');
    expect(client.output()).toHaveLength(0);
  });

  it('reads 1024 bytes at a time and drops an unfinished rune at its end', async () => {
    const client = await BareClient.open(
      start(`sh -c 'stty raw; head -c 5000 /dev/zero | tr "\\000" x; printf "abc\\377"'`),
    );
    await client.closed();
    expect(client.output().toString('latin1')).toBe(`${'x'.repeat(5000)}abc`);
    expect(Math.max(...client.of('output_stream_data').map(({ payload }) => payload.length))).toBeLessThanOrEqual(1027);
  });

  it('sends a frame again that is not acknowledged', async () => {
    const client = await BareClient.open(start('sh -c "echo once; sleep 3"'));
    client.acknowledges = false;
    await client.until('the resend', () => client.of('output_stream_data').length > 1);
    const [first, second] = client.of('output_stream_data');
    expect(second?.messageId).toBe(first?.messageId);
    client.socket.terminate();
  });

  it('ends at once when it is terminated', async () => {
    const ticket = start('sleep 1000');
    const client = await BareClient.open(ticket);
    await client.until('the agent', () => client.of('start_publication').length > 0);
    expect(gateway.terminateSession(ticket.sessionId)).toBe(true);
    expect(await client.closed()).toBe('');
    expect(gateway.terminateSession(ticket.sessionId)).toBe(false);
  });
});

describe('tokens', () => {
  it('a wrong one is turned away', async () => {
    const ticket = start('sleep 1000');
    const client = await BareClient.open({ ...ticket, tokenValue: 'wrong' });
    const [code] = (await once(client.socket, 'close')) as [number];
    expect(code).toBe(1008);
    gateway.terminateSession(ticket.sessionId);
  });

  it('a new one resumes the session where it was, and the old one is used up', async () => {
    const ticket = start(`sh -c 'for n in 1 2 3 4 5 6; do echo tick$n; sleep 0.5; done'`);
    const before = await BareClient.open(ticket);
    await before.until('the second tick', () => before.output().includes('tick2'));
    before.socket.terminate();
    const again = await BareClient.open(ticket);
    expect((await once(again.socket, 'close'))[0]).toBe(1008);
    const resumed = gateway.resumeSession(ticket.sessionId);
    if (resumed === undefined) throw new Error('the session is gone');
    const after = await BareClient.open(resumed);
    await after.closed();
    const all = new Map(
      [...before.of('output_stream_data'), ...after.of('output_stream_data')].map((one) => [
        one.sequenceNumber,
        one.payload.toString(),
      ]),
    );
    expect([...all.values()].join('')).toBe([1, 2, 3, 4, 5, 6].map((n) => `tick${n}\r\n`).join(''));
  });

  it('a session that is not there cannot be opened', async () => {
    const { streamUrl } = start('true');
    const socket = new WebSocket(streamUrl.replace(/data-channel\/[^?]+/, 'data-channel/nope'));
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/404/);
  });
});

const plugin = process.env.SESSION_MANAGER_PLUGIN ?? '';
if (plugin !== '') {
  it('the official plugin types, resizes and leaves', async () => {
    const { sessionId, tokenValue, streamUrl } = start('/bin/sh');
    const ticket = JSON.stringify({ SessionId: sessionId, TokenValue: tokenValue, StreamUrl: streamUrl });
    using terminal = new Tmux({ env: { ...process.env, TICKET: ticket }, cwd: PROJECT });
    terminal.line(
      `'${plugin}' "$TICKET" ap-northeast-1 StartSession '' '{"Target":"ecs:cluster_task_task-1"}' http://127.0.0.1:1`,
    );
    await terminal.shows(/Starting session with SessionId: ecs-execute-command-[0-9a-f]+\n#$/m);
    terminal.line('stty size');
    await terminal.shows(/^30 100$/m);
    terminal.resize(120, 40);
    terminal.line('sleep 1; stty size; exit');
    await terminal.shows(/^40 120$[^]*Exiting session with sessionId/m);
  });
}
