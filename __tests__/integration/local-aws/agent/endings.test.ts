import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadType } from '../../../../src/session/message';
import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { processesWith } from '../../../../src/local-aws/processes';
import { temporaryDirectory } from '../../../support/bastion';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { hostOf, markOf } from './host';
import { RawClient } from './raw-client';

const idPrefix = 'ecs-execute-command';
let harness: GatewayHarness;

beforeAll(async () => {
  harness = await startGateway({ firstOutputDelayMs: 0 });
});

afterAll(() => harness[Symbol.asyncDispose]());

async function noneLeft(mark: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; processesWith(mark).length > 0;) {
    if (Date.now() > deadline) throw new Error(`processes ${processesWith(mark).join(', ')} do not end`);
    await sleep(20);
  }
}

describe('nothing of a session is left', () => {
  it('when its task stops while the command runs', async () => {
    const host = hostOf(temporaryDirectory());
    using client = await RawClient.open(harness.gateway.startSession({ host, command: 'sh', idPrefix }));
    client.input(PayloadType.Output, 'echo r$((40+2))\r');
    await client.until('the shell', () => client.of('start_publication').length > 0);
    await harness.gateway.closeTarget(host.target);
    expect(await client.closed()).toBe('');
    await noneLeft(markOf(host));
    expect(harness.gateway.sessions()).toEqual([]);
  });

  it.each([0, 50, 100, 150, 200, 250])('when its task stops %i ms after the session began', async (delayMs) => {
    const host = hostOf(temporaryDirectory());
    harness.gateway.startSession({ host, command: 'sleep 1000', idPrefix });
    await sleep(delayMs); // the moment is what is tested: somewhere the command is just being started
    await harness.gateway.closeTarget(host.target);
    await noneLeft(markOf(host));
  });

  it('when it is terminated, also while its client is away', async () => {
    const host = hostOf(temporaryDirectory());
    const ticket = harness.gateway.startSession({ host, command: 'sh', idPrefix });
    const client = await RawClient.open(ticket);
    await client.until('the prompt', () => client.output() !== '');
    client.socket.terminate();
    expect(harness.gateway.terminateSession(ticket.sessionId)).toBe(true);
    expect(harness.gateway.resumeSession(ticket.sessionId)).toBeUndefined();
    await noneLeft(markOf(host));
  });

  it('when the server is killed', async () => {
    const host = hostOf(temporaryDirectory());
    const server = fork(join(__dirname, 'server.cjs'), [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const answered = once(server, 'message');
    server.send(host);
    const [ticket] = (await answered) as [SessionTicket];
    using client = await RawClient.open(ticket);
    await client.until('the prompt', () => client.output() !== '');
    expect(processesWith(markOf(host)).length).toBeGreaterThan(1);
    server.kill('SIGKILL');
    await noneLeft(markOf(host));
  });
});

describe('the end of a session', () => {
  it('waits for a command that has left its terminal', async () => {
    const host = hostOf(temporaryDirectory());
    const command = `sh -c 'echo away; exec sleep 1 </dev/null >/dev/null 2>&1'`;
    using client = await RawClient.open(harness.gateway.startSession({ host, command, idPrefix }));
    await client.shows('away\r\n');
    const since = Date.now();
    expect(await client.closed()).toBe('');
    expect(Date.now() - since).toBeGreaterThan(500);
  });

  it('waits two seconds for an acknowledgement that does not come', async () => {
    const host = hostOf(temporaryDirectory());
    using client = await RawClient.open(harness.gateway.startSession({ host, command: 'echo once', idPrefix }));
    client.acknowledges = false;
    await client.shows('once\r\n');
    const since = Date.now();
    expect(await client.closed()).toBe('');
    expect(Date.now() - since).toBeGreaterThan(1800);
    // After 200 ms and more, at ticks of 100: about seven times.
    expect(client.of('output_stream_data').length).toBeGreaterThan(4);
    expect(new Set(client.of('output_stream_data').map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('comes at once to a client that terminates while the command does not read', async () => {
    const host = hostOf(temporaryDirectory());
    const ticket = harness.gateway.startSession({ host, command: `sh -c 'stty raw; echo on; sleep 1000'`, idPrefix });
    using client = await RawClient.open(ticket);
    await client.shows('on');
    for (let index = 0; index < 200; index += 1) client.input(PayloadType.Output, Buffer.alloc(1024, 'x'));
    await client.until('the first acknowledgements', () => client.of('acknowledge').length > 2);
    expect(client.of('acknowledge').length).toBeLessThan(40);
    expect(harness.gateway.terminateSession(ticket.sessionId)).toBe(true);
    expect(await client.closed()).toBe('');
    // The agent does not hear of it: channel_closed waits behind the input. Only its task's end ends it.
    expect(processesWith(markOf(host)).length).toBeGreaterThan(1);
    await harness.gateway.closeTarget(host.target);
    await noneLeft(markOf(host));
  });

  it('comes by itself when the container has no folder to run in', async () => {
    harness.gateway.startSession({ host: hostOf('/nowhere/at/all'), command: 'sh', idPrefix });
    for (const deadline = Date.now() + 5000; harness.gateway.sessions().length > 0;) {
      if (Date.now() > deadline) throw new Error('the session stays');
      await sleep(10);
    }
  });
});
