import { Channel, type Effect } from '../../../src/session/channel';
import { decodeMessage, type Message, newMessage, PayloadType } from '../../../src/session/message';
import { acknowledge, encodeFlag, PortFlag } from '../../../src/session/payload';
import { readRecording } from '../../fixtures/vectors';

const sent = (effects: readonly Effect[], payloadType: number): Message[] =>
  effects.flatMap((effect) =>
    effect.do === 'transmit' && effect.message.payloadType === payloadType ? [effect.message] : [],
  );

const recorded = (name: string, direction: 'agent->client' | 'client->agent'): Message[] =>
  readRecording(name)
    .frames.filter((frame) => frame.direction === direction)
    .map(({ bytes }) => decodeMessage(bytes));

const ofType = (messages: readonly Message[], payloadType: number): Buffer[] =>
  messages.filter((message) => message.payloadType === payloadType).map(({ payload }) => payload);

const without = (response: Buffer): unknown => ({
  ...(JSON.parse(response.toString()) as object),
  ClientVersion: 'of the client',
});

describe.each([
  ['port_smux', []],
  ['port_connect_error', [PortFlag.ConnectToPortError]],
])('the recording %s', (name, flags) => {
  const channel = new Channel(0, ['port']);
  const effects = recorded(name, 'agent->client').flatMap((message) => channel.receive(message, 0));

  it('has its handshake answered as by the official client', () => {
    const [response] = sent(effects, PayloadType.HandshakeResponse).map(({ payload }) => payload);
    const [theirs] = ofType(recorded(name, 'client->agent'), PayloadType.HandshakeResponse);
    expect(without(response ?? Buffer.alloc(0))).toEqual(without(theirs ?? Buffer.alloc(0)));
    expect(effects).toContainEqual({ do: 'ready' });
  });

  it('tells where it leads, and who is there', () => {
    expect(channel.offer).toMatchObject({
      agentVersion: '3.3.0.0',
      kind: 'port',
      properties: {
        type: 'LocalPortForwarding',
        portNumber: expect.stringMatching(/^\d+$/) as string,
        localPortNumber: expect.stringMatching(/^\d+$/) as string,
      },
    });
  });

  it('is delivered, byte by byte, and its flags are told', () => {
    const delivered = effects.flatMap((effect) => (effect.do === 'deliver' ? [effect.data] : []));
    const theirs = ofType(recorded(name, 'agent->client'), PayloadType.Output);
    expect(Buffer.concat(delivered)).toEqual(Buffer.concat(theirs));
    expect(effects.flatMap((effect) => (effect.do === 'flag' ? [effect.flag] : []))).toEqual(flags);
  });

  it('ends with the flag as the official client sends it', () => {
    const [flag] = sent(channel.sendFlag(PortFlag.TerminateSession, 0), PayloadType.Flag);
    expect(flag?.payload).toEqual(ofType(recorded(name, 'client->agent'), PayloadType.Flag)[0]);
  });
});

it('a port that was not asked for is answered as unsupported', () => {
  const channel = new Channel(0);
  const [request] = recorded('port_smux', 'agent->client').filter(
    ({ payloadType }) => payloadType === PayloadType.HandshakeRequest,
  );
  const [response] = sent(
    channel.receive(request ?? newMessage('output_stream_data'), 0),
    PayloadType.HandshakeResponse,
  );
  expect(JSON.parse(response?.payload.toString() ?? '')).toMatchObject({
    ProcessedClientActions: [{ ActionStatus: 3 }],
  });
});

it('silence does not rule the handshake of a port out', () => {
  const [port, shell] = [new Channel(0, ['port']), new Channel(0, ['shell', 'port'])];
  const [size] = shell.tick(60_000);
  if (size?.do !== 'transmit') throw new Error('no size was sent');
  shell.receive(acknowledge(size.message), 60_000);
  expect([port.tick(60_001), shell.tick(60_001)]).toEqual([[], [{ do: 'ready' }]]);
});

it('a flag of another length is no flag', () => {
  const channel = new Channel(0, ['port']);
  const payload = Buffer.concat([encodeFlag(PortFlag.ConnectToPortError), Buffer.alloc(1)]);
  const message = newMessage('output_stream_data', { payloadType: PayloadType.Flag, payload });
  expect(channel.receive(message, 0)).toContainEqual({ do: 'fail', reason: 'a flag has 5 bytes, expected 4' });
});
