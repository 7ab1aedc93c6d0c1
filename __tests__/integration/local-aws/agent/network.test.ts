import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { newMessage, PayloadType } from '../../../../src/session/message';
import { acknowledge } from '../../../../src/session/payload';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { RawClient } from './raw-client';

let harness: GatewayHarness;

beforeAll(async () => {
  harness = await startGateway({ firstOutputDelayMs: 0 });
});

afterEach(() => {
  harness.setFaults({});
});

afterAll(() => harness[Symbol.asyncDispose]());

/** Says each line again that is typed. */
const ECHO = `sh -c 'stty -echo; printf ready; exec cat'`;

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index + 1}\r\n`).join('');

describe('a network that loses, doubles and swaps frames', () => {
  it('delays the output, but does not change it', async () => {
    harness.setFaults({ loss: 0.1, duplication: 0.1, reordering: 0.2, seed: 1 });
    const ticket = harness.start(`sh -c 'stty -echo; seq 1 4000; exec cat'`);
    using client = await RawClient.open(ticket);
    await client.until('the end', () => client.output() === numbers(4000));
    const sequence = client.of('output_stream_data').map(({ sequenceNumber }) => sequenceNumber);
    expect(new Set(sequence).size).toBeLessThan(sequence.length);
    expect(sequence).not.toEqual(sequence.toSorted((a, b) => a - b));
    expect(client.of('start_publication')).toHaveLength(1);
    harness.gateway.terminateSession(ticket.sessionId);
    expect(await client.closed()).toBe('');
  });

  it('can become one while a session runs, and the service is heard all the same', async () => {
    const ticket = harness.start('sh');
    using client = await RawClient.open(ticket);
    await client.until('the prompt', () => client.output() !== '');
    harness.setFaults({ loss: 1 });
    client.input(PayloadType.Output, 'echo r$((40+2))\r');
    harness.gateway.terminateSession(ticket.sessionId);
    expect(await client.closed()).toBe('');
    expect(client.of('acknowledge')).toEqual([]);
  });
});

describe('a connection that is cut', () => {
  /** Resumes as often as it is cut; gives the frames of all connections. */
  async function outputAcrossCuts(
    ticket: SessionTicket,
    whole: string,
  ): Promise<{ output: string; connections: number }> {
    const frames = new Map<number, Buffer>();
    let next = ticket;
    for (let connections = 1; ; connections += 1) {
      using client = await RawClient.open(next);
      const gone = once(client.socket, 'close');
      const output = (): string => {
        for (const { sequenceNumber, payload } of client.of('output_stream_data')) frames.set(sequenceNumber, payload);
        return Buffer.concat([...frames].toSorted(([a], [b]) => a - b).map(([, payload]) => payload)).toString();
      };
      await Promise.race([gone, client.until('the end', () => output().length >= whole.length)]);
      if (output().length >= whole.length) return { output: output(), connections };
      next = harness.resume(ticket);
    }
  }

  it.each([
    ['after so many bytes', { cutEveryBytes: 6000 }],
    ['after so long', { cutEveryMs: 100 }],
  ])('%s is made anew, and nothing is missing', async (_, faults) => {
    harness.setFaults(faults);
    const ticket = harness.start(`sh -c 'stty -echo; seq 1 4000; exec cat'`);
    const { output, connections } = await outputAcrossCuts(ticket, numbers(4000));
    expect(output).toBe(numbers(4000));
    expect(connections).toBeGreaterThan(1);
    harness.gateway.terminateSession(ticket.sessionId);
  });

  it('by a call is the client’s or the agent’s, and the agent comes back by itself', async () => {
    const ticket = harness.start('cat');
    using client = await RawClient.open(ticket);
    await client.until('the agent', () => client.of('start_publication').length > 0);
    expect(harness.gateway.cutAgent(ticket.sessionId)).toBe(true);
    await client.until('the agent again', () => client.of('start_publication').length > 1);
    const gone = once(client.socket, 'close');
    expect(harness.gateway.cutClient(ticket.sessionId)).toBe(true);
    expect((await gone)[0]).toBe(1006);
    expect(harness.gateway.terminateSession(ticket.sessionId)).toBe(true);
    expect(harness.gateway.cutAgent(ticket.sessionId)).toBe(false);
  });

  it('cannot be made anew while upgrades are refused', async () => {
    const ticket = harness.start('cat');
    using client = await RawClient.open(ticket);
    await client.until('the agent', () => client.of('start_publication').length > 0);
    harness.setFaults({ refuseConnect: true });
    await expect(RawClient.open(harness.resume(ticket))).rejects.toThrow(/503/);
    harness.setFaults({});
    using again = await RawClient.open(harness.resume(ticket));
    await again.until('the agent', () => again.of('start_publication').length > 0);
    harness.gateway.terminateSession(ticket.sessionId);
  });
});

describe('a half-open connection', () => {
  it('hears nothing, has no answer to its pings and is not closed, while another one takes its place', async () => {
    const ticket = harness.start(ECHO);
    using silent = await RawClient.open(ticket);
    await silent.shows('ready');
    const pong = once(silent.socket, 'pong');
    silent.socket.ping();
    await pong;
    expect(harness.gateway.freezeClient(ticket.sessionId)).toBe(true);
    const heard: string[] = [];
    for (const event of ['message', 'pong', 'close']) silent.socket.on(event, () => heard.push(event));
    silent.input(PayloadType.Output, 'lost\r');
    silent.socket.ping();
    using client = await RawClient.open(harness.resume(ticket));
    client.input(PayloadType.Output, 'kept\r');
    await client.shows('kept\r\n');
    expect(client.output()).toBe('kept\r\n');
    expect(heard).toEqual([]);
    harness.gateway.terminateSession(ticket.sessionId);
    expect(await client.closed()).toBe('');
    expect(silent.socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('a pause of the service’s own', () => {
  it('is told to the client, and what is sent meanwhile comes after it', async () => {
    const ticket = harness.start(ECHO);
    using client = await RawClient.open(ticket);
    await client.shows('ready');
    harness.gateway.pause(ticket.sessionId);
    await client.until('the pause', () => client.received.at(-1)?.messageType === 'pause_publication');
    const lost = newMessage('input_stream_data', { payloadType: PayloadType.Output, payload: Buffer.from('late\r') });
    client.sendMessage(lost);
    const pong = once(client.socket, 'pong');
    client.socket.ping();
    await pong; // the service has read it
    harness.gateway.resume(ticket.sessionId);
    await client.until('the end of the pause', () => client.received.at(-1)?.messageType === 'start_publication');
    expect(client.of('acknowledge')).toEqual([]);
    client.sendMessage(lost);
    await client.shows('late\r\n');
    expect(client.output()).toBe('readylate\r\n');
    harness.gateway.terminateSession(ticket.sessionId);
  });
});

describe('a session in which nothing happens', () => {
  it('is ended by the service, however much is acknowledged and pinged, and cannot be resumed', async () => {
    const ticket = harness.start(`sh -c 'echo first; exec cat'`);
    using client = await RawClient.open(ticket);
    await client.shows('first\r\n');
    harness.setFaults({ idleLimitMs: 500 });
    client.acknowledges = false;
    const shownAt = Date.now();
    const noise = setInterval(() => {
      client.socket.ping();
      for (const message of client.of('output_stream_data')) client.sendMessage(acknowledge(message));
    }, 20);
    expect(await client.closed()).toBe('Session timed out due to inactivity.');
    clearInterval(noise);
    expect(Date.now() - shownAt).toBeGreaterThan(400);
    expect(harness.gateway.answerResume(ticket.sessionId)).toBe('timedOut');
    expect(harness.gateway.resumeSession(ticket.sessionId)).toBeUndefined();
    expect(harness.gateway.sessions()).toEqual([]);
  });

  it('lives as long as something is typed', async () => {
    const ticket = harness.start(ECHO);
    using client = await RawClient.open(ticket);
    await client.shows('ready');
    harness.setFaults({ idleLimitMs: 800 });
    const startedAt = Date.now();
    for (let count = 1; Date.now() - startedAt < 1600; count += 1) {
      client.input(PayloadType.Output, `${count}\r`);
      await client.shows(`${count}\r\n`);
    }
    expect(client.of('channel_closed')).toEqual([]);
    harness.gateway.terminateSession(ticket.sessionId);
  });
});
