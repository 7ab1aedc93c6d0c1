import { AgentChannel } from '../../../../src/local-aws/agent/agent-channel';
import { Handshake, HandshakeError } from '../../../../src/local-aws/agent/handshake';
import { decodeMessage, type Message, newMessage, PayloadType } from '../../../../src/session/message';
import { readRecording } from '../../../fixtures/vectors';

function recorded(name: string, payloadType: number): Message {
  const found = readRecording(name)
    .frames.map(({ bytes }) => decodeMessage(bytes))
    .find((message) => message.payloadType === payloadType);
  if (found === undefined) throw new Error(`${name} has no payload of type ${payloadType}`);
  return found;
}

function start(parameters: Record<string, string> = {}) {
  const sent: Message[] = [];
  const handshake = new Handshake({ sessionType: 'NonInteractiveCommands', parameters, agentVersion: '3.3.0.0' });
  const channel = new AgentChannel({
    transmit: (message) => sent.push(message),
    takeInput: (message) => Promise.resolve(handshake.takes(message)),
  });
  return { sent, handshake, channel, done: handshake.perform(channel) };
}

it.each([
  ['port_smux', { type: 'LocalPortForwarding', portNumber: '37691', localPortNumber: '18099' }],
  ['port_connect_error', undefined],
])('the handshake of a Port session tells the client where it leads, as recorded in %s', (name, known) => {
  const { payload } = recorded(name, PayloadType.HandshakeRequest);
  const { RequestedClientActions: actions } = JSON.parse(payload.toString()) as {
    RequestedClientActions: [{ ActionParameters: { Properties: Record<string, string> } }];
  };
  const parameters = known ?? actions[0].ActionParameters.Properties;
  const sent: Message[] = [];
  const handshake = new Handshake({ sessionType: 'Port', parameters, agentVersion: '3.3.0.0' });
  const channel = new AgentChannel({
    transmit: (message) => sent.push(message),
    takeInput: (message) => Promise.resolve(handshake.takes(message)),
  });
  const failure = expect(handshake.perform(channel)).rejects.toThrow(HandshakeError);
  expect(sent[0]?.payload.toString()).toBe(payload.toString());
  handshake.cancel();
  return failure;
});

const customerMessage = ({ payload }: Message): unknown =>
  (JSON.parse(payload.toString()) as { CustomerMessage: unknown }).CustomerMessage;

describe('the handshake of a session without a terminal', () => {
  it.each([
    ['noninteractive_merged_exit3', {}],
    ['noninteractive_separate_exit3', { separateOutputStream: 'true' }],
  ])('asks and concludes as recorded in %s', async (name, parameters) => {
    const { sent, channel, done } = start(parameters);
    expect(sent[0]?.payload.toString()).toBe(recorded(name, PayloadType.HandshakeRequest).payload.toString());
    expect(sent[0]).toMatchObject({ sequenceNumber: 0, flags: 1, payloadType: PayloadType.HandshakeRequest });
    await channel.receive(recorded(name, PayloadType.HandshakeResponse), 0);
    await done;
    const complete = sent.find(({ payloadType }) => payloadType === PayloadType.HandshakeComplete);
    if (complete === undefined) throw new Error('it is not complete');
    expect(customerMessage(complete)).toBe(customerMessage(recorded(name, PayloadType.HandshakeComplete)));
    expect(Object.keys(JSON.parse(complete.payload.toString()) as object)).toEqual([
      'HandshakeTimeToComplete',
      'CustomerMessage',
    ]);
  });

  it('acknowledges and throws away what comes before it is complete', async () => {
    const { sent, handshake, channel, done } = start();
    const early = newMessage('input_stream_data', { payloadType: PayloadType.Output, payload: Buffer.from('lost') });
    expect(handshake.takes(early)).toBe(true);
    await channel.receive(early, 0);
    expect(sent.map(({ messageType }) => messageType)).toEqual(['output_stream_data', 'acknowledge']);
    const failure = expect(done).rejects.toThrow(HandshakeError);
    handshake.cancel();
    await failure;
  });

  it('fails with the agent’s words when the client refuses', async () => {
    const { channel, done } = start();
    const refusal = {
      ClientVersion: '1.2.0.0',
      ProcessedClientActions: [
        { ActionType: 'SessionType', ActionStatus: 3, ActionResult: null, Error: 'Unsupported' },
      ],
      Errors: null,
    };
    const failure = expect(done).rejects.toThrow(
      new HandshakeError('SessionType failed on client with status 3 error: Unsupported'),
    );
    await channel.receive(
      newMessage('input_stream_data', {
        payloadType: PayloadType.HandshakeResponse,
        payload: Buffer.from(JSON.stringify(refusal)),
      }),
      0,
    );
    await failure;
  });

  it('fails after 15 seconds without an answer', async () => {
    jest.useFakeTimers();
    try {
      const { done } = start();
      const failure = expect(done).rejects.toThrow(/^Handshake timed out\./);
      await jest.advanceTimersByTimeAsync(15_000);
      await failure;
    } finally {
      jest.useRealTimers();
    }
  });
});
