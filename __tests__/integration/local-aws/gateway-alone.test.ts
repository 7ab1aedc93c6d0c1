import { once } from 'node:events';
import type { SessionFaults } from '../../../src/local-aws/agent/faults';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { refusedUpgrade } from '../../support/raw-upgrade';
import { RawClient } from './agent/raw-client';

const UNSIGNED = { headers: {} };

let harness: GatewayHarness;

beforeAll(async () => {
  harness = await startGateway({ firstOutputDelayMs: 0 });
});

afterEach(() => {
  harness.setFaults({});
});

afterAll(() => harness[Symbol.asyncDispose]());

describe('the gateway alone', () => {
  it('demands no signature', async () => {
    using client = await RawClient.open(harness.start('echo hello'), UNSIGNED);
    await client.closed();
    expect(client.output()).toBe('hello\r\n');
  });

  it('takes no client that is too old', async () => {
    using client = await RawClient.open(harness.start('echo hello'), { ...UNSIGNED, clientVersion: '1.2.700.0' });
    const [code, reason] = (await once(client.socket, 'close')) as [number, Buffer];
    expect(code).toBe(1008);
    expect(reason.toString()).toBe('ClientVersion 1.2.700.0 is not supported: the minimum is 1.2.764.0');
  });

  it('opens no channel by the URL before the last', async () => {
    const ticket = harness.start('cat');
    const { streamUrl } = harness.resume(ticket);
    expect((await refusedUpgrade(ticket.streamUrl)).status).toBe(404);
    using client = await RawClient.open({ ...ticket, streamUrl }, UNSIGNED);
    expect((await once(client.socket, 'close'))[0]).toBe(1008); // the token is that of the first ticket
  });

  it.each<[what: string, faults: Partial<SessionFaults>]>([
    ['always', { resumeFailure: 'denied' }],
    ['as often as the rate says', { resumeFailureRate: 1 }],
  ])('refuses to resume: %s', (_, faults) => {
    const { sessionId } = harness.start('cat');
    harness.setFaults(faults);
    expect(harness.gateway.answerResume(sessionId)).toBe('denied');
    expect(harness.gateway.resumeSession(sessionId)).toBeUndefined();
  });
});
