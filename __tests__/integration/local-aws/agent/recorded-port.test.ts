import type { SessionTicket } from '../../../../src/local-aws/gateway';
import { type Message, PayloadType } from '../../../../src/session/message';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { Destinations, forwarding } from './destinations';
import { type SmuxFrame, smuxFrames } from './port-client';
import { RawClient } from './raw-client';
import { recordedInput, recordedOutput } from './recorded';

let harness: GatewayHarness;
const destinations = new Destinations();

beforeAll(async () => {
  harness = await startGateway();
});

afterEach(() => {
  destinations[Symbol.dispose]();
});

afterAll(() => harness[Symbol.asyncDispose]());

const startPort = (port: number): SessionTicket => {
  const { sessionType, parameters } = forwarding(port);
  return harness.start('', { sessionType, parameters: { ...parameters, localPortNumber: '18099' } });
};

const portBytes = (frames: readonly Message[]): Buffer =>
  Buffer.concat(frames.filter(({ payloadType }) => payloadType === PayloadType.Output).map(({ payload }) => payload));

const dataOf = (frames: readonly SmuxFrame[], id: number): Buffer =>
  Buffer.concat(frames.filter(({ streamId }) => streamId === id).map(({ data }) => data));

/** What follows what, in whatever pieces it was read from the destination, and packed for the way. */
const order = (frames: readonly SmuxFrame[]): readonly string[] =>
  withoutRepetition(frames.map(({ command, streamId }) => `${command} ${streamId}`));
const types = (frames: readonly Message[]): readonly string[] =>
  withoutRepetition(frames.map(({ payloadType }) => String(payloadType)));
const withoutRepetition = (words: readonly string[]): readonly string[] =>
  words.filter((word, index) => word !== words[index - 1]);

describe('the bytes of the recorded client, played at the stand-in, have the answers of the real agent', () => {
  it('in a Port session, with two connections to its destination', async () => {
    const name = 'port_smux';
    const recorded = smuxFrames(portBytes(recordedOutput(name)));
    const answers = [3, 5].map((id) => dataOf(recorded, id));
    // What answered there was a small web server.
    const port = await destinations.listen((socket) => {
      socket.once('data', () => socket.end(answers.shift() ?? ''));
    });
    using client = await RawClient.open(startPort(port));
    const [response, open, question, finish, second, finishSecond, terminate] = recordedInput(name);
    if (!response || !open || !question || !finish || !second || !finishSecond || !terminate) {
      throw new Error(`${name} has fewer than seven inputs`);
    }
    const ended = (id: number) => (): boolean =>
      smuxFrames(portBytes(client.of('output_stream_data'))).some(
        (one) => one.command === 'FIN' && one.streamId === id,
      );
    await client.until('the handshake', () => client.of('output_stream_data').length > 0);
    client.sendBytes(response.bytes);
    await client.until('its end', () => client.of('output_stream_data').length > 1);
    for (const { bytes } of [open, question]) client.sendBytes(bytes);
    await client.until('the first answer', ended(3));
    for (const { bytes } of [finish, second]) client.sendBytes(bytes);
    await client.until('the second answer', ended(5));
    for (const { bytes } of [finishSecond, terminate]) client.sendBytes(bytes);
    expect(await client.closed()).toBe('');
    const played = client.of('output_stream_data');
    expect(types(played)).toEqual(types(recordedOutput(name)));
    const frames = smuxFrames(portBytes(played));
    expect(order(frames)).toEqual(order(recorded));
    for (const id of [3, 5]) expect(dataOf(frames, id)).toEqual(dataOf(recorded, id));
    expect(client.of('acknowledge')).toHaveLength(7);
  });

  it('in a Port session whose destination refuses', async () => {
    const name = 'port_connect_error';
    using client = await RawClient.open(startPort(await destinations.closed()));
    const [response, open, ...rest] = recordedInput(name);
    if (!response || !open) throw new Error(`${name} has fewer than two inputs`);
    await client.until('the handshake', () => client.of('output_stream_data').length > 0);
    client.sendBytes(response.bytes);
    await client.until('its end', () => client.of('output_stream_data').length > 1);
    client.sendBytes(open.bytes);
    await client.until('flag and FIN', () => client.of('output_stream_data').length > 3);
    for (const { bytes } of rest) client.sendBytes(bytes);
    expect(await client.closed()).toBe('');
    const played = client.of('output_stream_data').slice(2);
    expect(played.map(({ payloadType, payload }) => [payloadType, payload])).toEqual(
      recordedOutput(name)
        .slice(2)
        .map(({ payloadType, payload }) => [payloadType, payload]),
    );
  });
});
