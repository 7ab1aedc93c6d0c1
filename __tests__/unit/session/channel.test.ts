import { Channel, type Effect } from '../../../src/session/channel';
import { decodeMessage, Flags, type Message, newMessage, PayloadType } from '../../../src/session/message';
import { acknowledge, decodeAcknowledgement } from '../../../src/session/payload';
import { readRecording } from '../../fixtures/vectors';

const output = (sequenceNumber: number, text: string): Message =>
  newMessage('output_stream_data', { sequenceNumber, payloadType: PayloadType.Output, payload: Buffer.from(text) });

const delivered = (effects: readonly Effect[]): string =>
  effects.map((effect) => (effect.do === 'deliver' ? effect.data.toString() : '')).join('');

const sent = (effects: readonly Effect[]): Message[] =>
  effects.flatMap((effect) => (effect.do === 'transmit' ? [effect.message] : []));

const acknowledged = (effects: readonly Effect[]): number[] =>
  sent(effects)
    .filter(({ messageType }) => messageType === 'acknowledge')
    .map(({ payload }) => decodeAcknowledgement(payload).acknowledgedSequenceNumber);

function readyChannel(): Channel {
  const channel = new Channel(0);
  channel.receive(output(0, '# '), 0);
  return channel;
}

describe('output', () => {
  it('is acknowledged once a frame and delivered', () => {
    const channel = new Channel(0);
    const effects = channel.receive(output(0, 'hello'), 0);
    expect(acknowledged(effects)).toEqual([0]);
    expect(delivered(effects)).toBe('hello');
  });

  it('that comes twice is acknowledged again but delivered once', () => {
    const channel = readyChannel();
    const effects = channel.receive(output(0, '# '), 1);
    expect(acknowledged(effects)).toEqual([0]);
    expect(delivered(effects)).toBe('');
  });

  it('that comes early waits for what is missing', () => {
    const channel = readyChannel();
    const early = [channel.receive(output(3, 'd'), 1), channel.receive(output(2, 'c'), 1)];
    expect(early.map(delivered)).toEqual(['', '']);
    expect(early.flatMap(acknowledged)).toEqual([3, 2]);
    expect(delivered(channel.receive(output(1, 'b'), 2))).toBe('bcd');
  });

  it('of a recorded session is delivered as the official client showed it', () => {
    const channel = new Channel(0);
    const { frames } = readRecording('interactive_echo_resize_exit');
    const effects = frames
      .filter(({ direction }) => direction === 'agent->client')
      .flatMap(({ bytes }) => channel.receive(decodeMessage(bytes), 0));
    expect(delivered(effects)).toBe('# echo hi\r\nhi\r\n# exit\r\n');
    expect(effects.at(-1)).toEqual({ do: 'close', reason: '' });
  });

  it('of a recorded resumed session comes through once and in order', () => {
    const channel = new Channel(0);
    const { frames } = readRecording('resume_after_client_drop');
    const text = delivered(
      frames
        .filter(({ direction }) => direction === 'agent->client')
        .flatMap(({ bytes }) => channel.receive(decodeMessage(bytes), 0)),
    );
    const ticks = Array.from({ length: 20 }, (_, index) => `tick${index + 1}\r\n`);
    expect(text).toBe(`${ticks.join('')}END\r\n`);
  });
});

describe('input', () => {
  it('counts from 0 with flag 0, as the official client sends it', () => {
    const channel = readyChannel();
    const [first] = sent(channel.send(Buffer.from('a'), 0));
    const [second] = sent(channel.resize({ columns: 80, rows: 24 }, 0));
    expect(first).toMatchObject({
      messageType: 'input_stream_data',
      sequenceNumber: 0,
      flags: Flags.Data,
      payloadType: 1,
    });
    expect(second).toMatchObject({ sequenceNumber: 1, payloadType: PayloadType.Size });
    expect(second?.payload.toString()).toBe('{"cols":80,"rows":24}');
  });

  it('is sent again while no acknowledgement comes, with growing pauses up to a second', () => {
    const channel = readyChannel();
    channel.send(Buffer.from('a'), 0);
    const times: number[] = [];
    for (let now = 0; now <= 4000; now += 100) if (sent(channel.tick(now)).length > 0) times.push(now);
    expect(times).toEqual([200, 600, 1400, 2400, 3400]);
  });

  it('is not sent again once it is acknowledged, and counts as under way until then', () => {
    const channel = readyChannel();
    const [message] = sent(channel.send(Buffer.from('abc'), 0));
    if (message === undefined) throw new Error('nothing was sent');
    expect(channel.unacknowledgedBytes).toBe(3);
    channel.receive(acknowledge(message), 20);
    expect(channel.unacknowledgedBytes).toBe(0);
    expect(channel.tick(10_000)).toEqual([]);
  });

  it('is not sent again while the service says that the agent is away, and then at once', () => {
    const channel = readyChannel();
    channel.send(Buffer.from('a'), 0);
    channel.receive(newMessage('pause_publication'), 10);
    expect(channel.tick(5000)).toEqual([]);
    channel.receive(newMessage('start_publication'), 5001);
    expect(sent(channel.tick(5100))).toHaveLength(1);
  });

  it('may go when the first output has come, or after silence that rules a handshake out', () => {
    const talking = new Channel(0);
    expect(talking.ready).toBe(false);
    talking.receive(output(0, '# '), 1000);
    expect(talking.ready).toBe(true);

    const silent = new Channel(0);
    silent.receive(newMessage('start_publication'), 100);
    silent.tick(1500);
    expect(silent.ready).toBe(false);
    expect(silent.tick(1600)).toEqual([{ do: 'ready' }]);
  });
});

describe('the handshake', () => {
  const [request, complete] = [PayloadType.HandshakeRequest, PayloadType.HandshakeComplete].map((payloadType) => {
    const frame = readRecording('noninteractive_separate_exit3')
      .frames.map(({ bytes }) => decodeMessage(bytes))
      .find((message) => message.payloadType === payloadType);
    if (frame === undefined) throw new Error('the recording has no handshake');
    return frame;
  }) as [Message, Message];

  it('is answered with success for a shell, and input waits until it is complete', () => {
    const channel = new Channel(0);
    const [, response] = sent(channel.receive(request, 10));
    expect(response).toMatchObject({ sequenceNumber: 0, payloadType: PayloadType.HandshakeResponse });
    expect(JSON.parse(response?.payload.toString() ?? '')).toMatchObject({
      ProcessedClientActions: [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }],
      Errors: null,
    });
    channel.tick(60_000);
    expect(channel.ready).toBe(false);
    expect(channel.receive(complete, 60_001)).toContainEqual({ do: 'ready' });
  });

  it('that comes late has the input sent again that the agent threw away', () => {
    const channel = new Channel(0);
    channel.tick(2000);
    channel.send(Buffer.from('typed'), 2000);
    channel.receive(request, 2100);
    const again = sent(channel.receive(complete, 2200)).find(({ payloadType }) => payloadType === PayloadType.Output);
    expect(again?.payload.toString()).toBe('typed');
    expect(again?.sequenceNumber).toBe(2);
  });

  it('that asks for encryption is answered with "unsupported"', () => {
    const kms = readRecording('handshake_kms_interactive')
      .frames.map(({ bytes }) => decodeMessage(bytes))
      .find(({ payloadType }) => payloadType === PayloadType.HandshakeRequest);
    if (kms === undefined) throw new Error('the recording has no handshake');
    const [, response] = sent(new Channel(0).receive(kms, 0));
    expect(response?.payload.toString()).toMatch(/"ActionType":"KMSEncryption","ActionStatus":3/);
  });
});

it('tells the reason for which the service closed the channel', () => {
  const closing = readRecording('command_not_found')
    .frames.map(({ bytes }) => decodeMessage(bytes))
    .filter(({ messageType }) => messageType === 'channel_closed');
  const [effect] = closing.flatMap((message) => new Channel(0).receive(message, 0));
  expect(effect?.do === 'close' && effect.reason).toMatch(/Unable to start command: .*no such file/);
});
