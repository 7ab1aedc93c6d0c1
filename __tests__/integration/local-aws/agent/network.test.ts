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
    client.input(1, 'echo r$((40+2))\r');
    harness.gateway.terminateSession(ticket.sessionId);
    expect(await client.closed()).toBe('');
    expect(client.of('acknowledge')).toEqual([]);
  });
});
