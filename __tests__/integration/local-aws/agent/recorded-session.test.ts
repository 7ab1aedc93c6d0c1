import type { AgentHost } from '../../../../src/local-aws/gateway';
import { decodeMessage, type Message, PayloadType } from '../../../../src/session/message';
import { readRecording } from '../../../fixtures/vectors';
import { temporaryDirectory } from '../../../support/bastion';
import { type GatewayHarness, startGateway } from '../../../support/gateway';
import { hostOf } from './host';
import { RawClient } from './raw-client';
import { recordedInput, recordedOutput } from './recorded';

let harness: GatewayHarness;
let host: AgentHost;

beforeAll(async () => {
  harness = await startGateway({ agentVersion: '3.3.0.0' }); // as recorded
  host = hostOf(temporaryDirectory(), { PS1: '# ' });
});

afterAll(() => harness[Symbol.asyncDispose]());

const text = (frames: readonly Message[]): string => Buffer.concat(frames.map(({ payload }) => payload)).toString();

/** The agent's frames by type, in an order that does not depend on when the terminal was read. */
const shape = (frames: readonly Message[]): unknown[] =>
  frames
    .map(({ payloadType, flags, payload }) => [payloadType, flags, payload.toString()] as const)
    .toSorted(([a], [b]) => a - b);

describe('the bytes of the recorded client, played at the stand-in, have the answers of the real agent', () => {
  it('in a shell: echo, a new size, exit', async () => {
    const name = 'interactive_echo_resize_exit';
    using client = await RawClient.open(
      harness.gateway.startSession({ host, command: '/bin/sh', idPrefix: 'ecs-execute-command' }),
    );
    const [size, echo, larger, exit] = recordedInput(name);
    if (!size || !echo || !larger || !exit) throw new Error(`${name} has fewer than four inputs`);
    await client.shows('# ');
    expect(client.of('start_publication')).toHaveLength(1);
    client.sendBytes(size.bytes);
    client.sendBytes(echo.bytes);
    await client.shows('hi\r\n# ');
    client.sendBytes(larger.bytes);
    client.sendBytes(exit.bytes);
    expect(await client.closed()).toBe('');
    expect(client.output()).toBe(text(recordedOutput(name)));
    expect(client.of('output_stream_data').map(({ flags }) => flags)).toEqual([
      1,
      ...Array.from({ length: client.of('output_stream_data').length - 1 }, () => 0),
    ]);
    const acknowledged = client.of('acknowledge').map(({ payload }) => payload.toString());
    expect(acknowledged).toEqual(
      [size, echo, larger, exit].map(
        ({ message }) =>
          `{"AcknowledgedMessageType":"input_stream_data","AcknowledgedMessageId":"${message.messageId}",` +
          `"AcknowledgedMessageSequenceNumber":${message.sequenceNumber},"IsSequentialMessage":true}`,
      ),
    );
  });

  it('in a Standard_Stream session', async () => {
    const name = 'standard_stream';
    using client = await RawClient.open(
      harness.gateway.startSession({ host, sessionType: 'Standard_Stream', idPrefix: 'std' }),
    );
    const [size, exit] = recordedInput(name);
    if (!size || !exit) throw new Error(`${name} has fewer than two inputs`);
    await client.shows('# ');
    client.sendBytes(size.bytes);
    client.sendBytes(exit.bytes);
    expect(await client.closed()).toBe('');
    expect(client.output()).toBe(text(recordedOutput(name)));
  });

  it.each([
    ['noninteractive_merged_exit3', {}],
    ['noninteractive_separate_exit3', { separateOutputStream: 'true' }],
  ])('without a terminal: %s', async (name, parameters) => {
    using client = await RawClient.open(
      harness.gateway.startSession({
        host,
        sessionType: 'NonInteractiveCommands',
        command: `sh -c 'echo out; echo err >&2; exit 3'`,
        parameters,
        idPrefix: 'nonint',
      }),
    );
    const [response, size] = recordedInput(name);
    if (!response || !size) throw new Error(`${name} has fewer than two inputs`);
    await client.until('the handshake', () => client.of('output_stream_data').length > 0);
    client.sendBytes(response.bytes);
    client.sendBytes(size.bytes);
    expect(await client.closed()).toBe('');
    const isTimed = ({ payloadType }: Message): boolean => payloadType === PayloadType.HandshakeComplete;
    expect(shape(client.of('output_stream_data').filter((one) => !isTimed(one)))).toEqual(
      shape(recordedOutput(name).filter((one) => !isTimed(one))),
    );
  });

  it('with a command that is not there', async () => {
    using client = await RawClient.open(
      harness.gateway.startSession({ host, command: '/bin/nosuch', idPrefix: 'ecs-execute-command' }),
    );
    const recorded = readRecording('command_not_found')
      .frames.map(({ bytes }) => decodeMessage(bytes))
      .find(({ messageType }) => messageType === 'channel_closed');
    if (recorded === undefined) throw new Error('no channel_closed is recorded');
    const output = await client.closed();
    expect(output).toBe((JSON.parse(recorded.payload.toString()) as { Output: string }).Output);
    const [closed] = client.of('channel_closed');
    if (closed === undefined) throw new Error('no channel_closed came');
    expect(closed).toMatchObject({ flags: recorded.flags, sequenceNumber: 0, payloadType: 0 });
    const keys = ({ payload }: Message): string[] => Object.keys(JSON.parse(payload.toString()) as object);
    expect(keys(closed)).toEqual(keys(recorded));
    expect(client.of('output_stream_data')).toEqual([]);
  });
});
