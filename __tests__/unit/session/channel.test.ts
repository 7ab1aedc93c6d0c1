import { createDecipheriv, createHash } from 'node:crypto';
import { Channel, type Effect } from '../../../src/session/channel';
import { decodeMessage, Flags, type Message, newMessage, PayloadType } from '../../../src/session/message';
import { acknowledge } from '../../../src/session/payload';
import { readRecording } from '../../fixtures/vectors';

const output = (sequenceNumber: number, text: string): Message =>
  newMessage('output_stream_data', { sequenceNumber, payloadType: PayloadType.Output, payload: Buffer.from(text) });

const delivered = (effects: readonly Effect[]): string =>
  effects.map((effect) => (effect.do === 'deliver' ? effect.data.toString() : '')).join('');

const sent = (effects: readonly Effect[]): Message[] =>
  effects.flatMap((effect) => (effect.do === 'transmit' ? [effect.message] : []));

const acknowledged = (effects: readonly Effect[]): number[] =>
  effects.flatMap((effect) => (effect.do === 'acknowledge' ? [effect.message.sequenceNumber] : []));

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

  it('of the last seconds is acknowledged again by a new connection, and when the agent is back', () => {
    const channel = readyChannel();
    channel.receive(output(1, 'long ago'), 1_000);
    channel.receive(output(2, 'a'), 60_000);
    channel.receive(output(4, 'early'), 61_000);
    expect(acknowledged(channel.reconnected(90_000))).toEqual([2, 4]);
    expect(acknowledged(channel.receive(newMessage('start_publication'), 90_001))).toEqual([2, 4]);
    expect(channel.receive(newMessage('start_publication'), 90_002)).toEqual([]);
    channel.receive(newMessage('pause_publication'), 91_000);
    expect(acknowledged(channel.receive(newMessage('start_publication'), 92_000))).toEqual([2, 4]);
  });

  it('is acknowledged again once a second at most, however often the agent is said to be back', () => {
    const channel = readyChannel();
    const again = (now: number): number[] => {
      channel.receive(newMessage('pause_publication'), now);
      return acknowledged(channel.receive(newMessage('start_publication'), now));
    };
    expect([again(100), again(101), again(1_099), again(1_100)]).toEqual([[0], [], [], [0]]);
    channel.reconnected(1_150);
    expect([again(1_151), again(1_152)]).toEqual([[0], []]);
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

  it('is not sent again once it is acknowledged', () => {
    const channel = readyChannel();
    const [message] = sent(channel.send(Buffer.from('abc'), 0));
    if (message === undefined) throw new Error('nothing was sent');
    expect(channel.allAcknowledged).toBe(false);
    channel.receive(acknowledge(message), 20);
    expect(channel.allAcknowledged).toBe(true);
    expect(channel.tick(10_000)).toEqual([]);
  });

  it('has 32 frames under way at first, more as they are acknowledged, and at most 512', () => {
    const channel = readyChannel();
    const fill = (): Message[] => {
      const frames: Message[] = [];
      while (channel.hasRoom) frames.push(...sent(channel.send(Buffer.from('a'), 0)));
      return frames;
    };
    let frames = fill();
    expect(frames).toHaveLength(32);
    for (let round = 0; round < 6; round += 1) {
      for (const frame of frames) channel.receive(acknowledge(frame), 1);
      frames = fill();
    }
    expect(frames).toHaveLength(512);
    // Nothing comes back: only the oldest are sent again, and less is sent ahead from then on.
    expect(sent(channel.tick(5000))).toEqual(frames.slice(0, 8));
    for (const frame of frames.slice(0, 300)) channel.receive(acknowledge(frame), 5001);
    expect(channel.hasRoom).toBe(true);
    for (let tick = 0; tick < 10; tick += 1) channel.tick(10_000 + 2000 * tick);
    expect(channel.hasRoom).toBe(false);
  });

  it('that is lost shows in the acknowledgements of what came behind it, and is sent again at once', () => {
    const channel = readyChannel();
    const frames = ['a', 'b', 'c', 'd', 'e'].flatMap((text) => sent(channel.send(Buffer.from(text), 0)));
    const answers = frames.slice(1).map((frame) => sent(channel.receive(acknowledge(frame), 20)));
    expect(answers).toEqual([[], [], [], [frames[0]]]);
  });

  it('under way on a lost connection goes again over the next one', () => {
    const channel = readyChannel();
    const frames = ['a', 'b'].flatMap((text) => sent(channel.send(Buffer.from(text), 0)));
    expect(sent(channel.reconnected(50))).toEqual(frames);
    expect(channel.tick(60)).toEqual([]);
  });

  it('is not sent again while the service says that the agent is away, and then at once', () => {
    const channel = readyChannel();
    channel.send(Buffer.from('a'), 0);
    channel.receive(newMessage('pause_publication'), 10);
    expect(channel.tick(5000)).toEqual([]);
    channel.receive(newMessage('start_publication'), 5001);
    expect(sent(channel.tick(5100))).toHaveLength(1);
  });

  it('may go when the first output has come', () => {
    const talking = new Channel(0);
    expect(talking.ready).toBe(false);
    talking.receive(output(0, '# '), 1000);
    expect(talking.ready).toBe(true);
  });

  it('may go without output when the agent has acknowledged the size, and no handshake has come for a while', () => {
    const silent = new Channel(0);
    silent.resize({ columns: 80, rows: 24 }, 0);
    silent.receive(newMessage('start_publication'), 100);
    expect(silent.tick(500)).toEqual([]);
    const [size] = sent(silent.tick(600));
    expect(size?.payloadType).toBe(PayloadType.Size);
    expect(size?.payload.toString()).toBe('{"cols":80,"rows":24}');
    if (size === undefined) throw new Error('no size was sent');
    silent.receive(acknowledge(size), 700);
    expect(silent.tick(1500)).toEqual([]);
    expect(silent.tick(1600)).toEqual([{ do: 'ready' }]);
  });

  it('waits for as long as nothing shows that the agent is there, or a frame before others is missing', () => {
    const silent = new Channel(0);
    const [size] = sent(silent.tick(500));
    for (let now = 600; now <= 60_000; now += 100) silent.tick(now);
    expect(silent.ready).toBe(false);
    if (size === undefined) throw new Error('no size was sent');
    silent.receive(output(1, 'early'), 60_000);
    silent.receive(acknowledge(size), 60_000);
    silent.tick(60_100);
    expect(silent.ready).toBe(false);
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
    const [response] = sent(channel.receive(request, 10));
    expect(response).toMatchObject({ sequenceNumber: 0, payloadType: PayloadType.HandshakeResponse });
    expect(JSON.parse(response?.payload.toString() ?? '')).toMatchObject({
      ProcessedClientActions: [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }],
      Errors: null,
    });
    channel.tick(60_000);
    expect(channel.ready).toBe(false);
    expect(channel.receive(complete, 60_001)).toContainEqual({ do: 'ready' });
  });
});

it('tells the reason for which the service closed the channel', () => {
  const closing = readRecording('command_not_found')
    .frames.map(({ bytes }) => decodeMessage(bytes))
    .filter(({ messageType }) => messageType === 'channel_closed');
  const [effect] = closing.flatMap((message) => new Channel(0).receive(message, 0));
  expect(effect?.do === 'close' && effect.reason).toMatch(/Unable to start command: .*no such file/);
});

describe('an encrypted session', () => {
  const { frames } = readRecording('handshake_kms_interactive');
  const fromAgent = frames
    .filter(({ direction }) => direction === 'agent->client')
    .map(({ bytes }) => decodeMessage(bytes))
    .filter(({ messageType }) => messageType !== 'acknowledge');
  // The recording's data key, from its first line.
  const key = { plaintext: createHash('sha512').update('harness data key').digest(), ciphertext: Buffer.from('blob') };
  const fromClientKey = key.plaintext.subarray(32);

  const decryptAsAgent = (payload: Buffer): Buffer => {
    const decipher = createDecipheriv('aes-256-gcm', fromClientKey, payload.subarray(0, 12));
    decipher.setAuthTag(payload.subarray(-16));
    return Buffer.concat([decipher.update(payload.subarray(12, -16)), decipher.final()]);
  };
  const json = (message: Message | undefined): Record<string, unknown> =>
    JSON.parse(message?.payload.toString() ?? '') as Record<string, unknown>;

  it('asks for a data key, answers the challenge, and reads and writes as the recorded one', () => {
    const channel = new Channel(0);
    const effects: Effect[] = [];
    for (const message of fromAgent) {
      const now = channel.receive(message, 0);
      effects.push(...now);
      if (now.some((effect) => effect.do === 'requestDataKey')) effects.push(...channel.dataKey(key, 1));
    }
    expect(effects).toContainEqual({ do: 'requestDataKey', keyId: 'alias/harness' });
    expect(effects).toContainEqual({ do: 'notice', text: 'This session is encrypted using AWS KMS.' });
    const input = sent(effects).filter(({ messageType }) => messageType === 'input_stream_data');
    expect(input.map(({ payloadType }) => payloadType)).toEqual([
      PayloadType.HandshakeResponse,
      PayloadType.EncryptionChallengeResponse,
    ]);
    expect(json(input[0]).ProcessedClientActions).toEqual([
      { ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' },
      {
        ActionType: 'KMSEncryption',
        ActionStatus: 1,
        ActionResult: { KMSCipherTextKey: Buffer.from('blob').toString('base64'), KMSCipherTextHash: null },
        Error: '',
      },
    ]);
    // The plain challenge stands in the recording.
    expect(decryptAsAgent(Buffer.from(String(json(input[1]).Challenge), 'base64')).toString('hex')).toMatch(
      /^9fe9e344f966ef18dc195c3f337c2e9b/,
    );
    expect(delivered(effects)).toBe('# echo hi\r\nhi\r\n# exit\r\n');
    const [typed] = sent(channel.send(Buffer.from('ls'), 2));
    expect(decryptAsAgent(typed?.payload ?? Buffer.alloc(0)).toString()).toBe('ls');
    const [size] = sent(channel.resize({ columns: 80, rows: 24 }, 2));
    expect(size?.payload.toString()).toBe('{"cols":80,"rows":24}');
  });

  it('is refused with the reason when there is no key', () => {
    const channel = new Channel(0);
    for (const message of fromAgent.slice(0, 3)) channel.receive(message, 0);
    const [response] = sent(channel.noDataKey('kms:GenerateDataKey is not allowed', 1));
    expect(json(response).ProcessedClientActions).toContainEqual({
      ActionType: 'KMSEncryption',
      ActionStatus: 2,
      ActionResult: null,
      Error: 'kms:GenerateDataKey is not allowed',
    });
    expect(channel.ready).toBe(false);
  });

  it('fails when what comes does not decrypt', () => {
    const channel = new Channel(0);
    for (const message of fromAgent.slice(0, 3)) channel.receive(message, 0);
    channel.dataKey({ ...key, plaintext: Buffer.alloc(64, 1) }, 1);
    const failed = fromAgent.slice(3).flatMap((message) => channel.receive(message, 2));
    expect(failed).toContainEqual({ do: 'fail', reason: expect.stringMatching(/does not decrypt/) as string });
  });
});

it('an agent that does not come back within five minutes is given up', () => {
  const channel = readyChannel();
  channel.receive(newMessage('pause_publication'), 0);
  expect(channel.tick(299_000)).toEqual([]);
  expect(channel.tick(300_000)).toEqual([{ do: 'fail', reason: 'the agent has been away for 5 minutes' }]);
});

it('the exit code of a command with separate streams is told', () => {
  const channel = new Channel(0);
  const effects = readRecording('noninteractive_separate_exit3')
    .frames.filter(({ direction }) => direction === 'agent->client')
    .flatMap(({ bytes }) => channel.receive(decodeMessage(bytes), 0));
  expect(effects).toContainEqual({ do: 'exitCode', exitCode: 3 });
});
