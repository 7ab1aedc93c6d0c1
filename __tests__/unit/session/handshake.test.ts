import { createHash } from 'node:crypto';
import { Channel, type Effect } from '../../../src/session/channel';
import { decodeMessage, type Message, newMessage, PayloadType } from '../../../src/session/message';
import { acknowledge } from '../../../src/session/payload';
import { readRecording } from '../../fixtures/vectors';

const fromAgent = (recording: string): Message[] =>
  readRecording(recording)
    .frames.filter(({ direction }) => direction === 'agent->client')
    .map(({ bytes }) => decodeMessage(bytes))
    .filter(({ messageType }) => messageType === 'output_stream_data');

const found = (frames: readonly Message[], payloadType: number): Message => {
  const frame = frames.find((one) => one.payloadType === payloadType);
  if (frame === undefined) throw new Error('the recording has no such frame');
  return frame;
};

const ENCRYPTED = fromAgent('handshake_kms_interactive');
const KEY = { plaintext: createHash('sha512').update('harness data key').digest(), ciphertext: Buffer.from('blob') };
const REQUEST = found(fromAgent('noninteractive_separate_exit3'), PayloadType.HandshakeRequest);
const COMPLETE = found(fromAgent('noninteractive_separate_exit3'), PayloadType.HandshakeComplete);

/** The same, in another place. */
const at = (sequenceNumber: number, { payloadType, payload }: Pick<Message, 'payloadType' | 'payload'>): Message =>
  newMessage('output_stream_data', { sequenceNumber, payloadType, payload });
const output = (sequenceNumber: number): Message =>
  at(sequenceNumber, { payloadType: PayloadType.Output, payload: Buffer.from('# ') });

const failure = (effects: readonly Effect[]): string | undefined =>
  effects.flatMap((effect) => (effect.do === 'fail' ? [effect.reason] : []))[0];
const kinds = (effects: readonly Effect[]): readonly string[] => effects.map((effect) => effect.do);

function received(channel: Channel, ...messages: Message[]): Effect[] {
  return messages.flatMap((message) => {
    const effects = channel.receive(message, 0);
    const isWanted = effects.some((effect) => effect.do === 'requestDataKey');
    return isWanted ? [...effects, ...channel.dataKey(KEY, 0)] : effects;
  });
}

describe('a handshake', () => {
  it('whose frames are sent again is none more', () => {
    const channel = new Channel(0);
    const effects = received(channel, REQUEST, REQUEST, COMPLETE, REQUEST, COMPLETE);
    expect(failure(effects)).toBeUndefined();
    expect(channel.ready).toBe(true);
  });

  it.each([
    ['after output', [output(0), at(1, REQUEST)]],
    ['after a handshake', [REQUEST, COMPLETE, at(2, REQUEST)]],
    ['in the middle of a handshake', [REQUEST, at(1, REQUEST)]],
  ])('that comes %s ends the session', (_when, messages) => {
    const channel = new Channel(0);
    const effects = received(channel, ...messages);
    expect(failure(effects)).toBe('a handshake came when the session had begun');
    expect(channel.ready).toBe(false);
  });

  it('that comes after silence that ruled it out ends the session', () => {
    const channel = new Channel(0);
    const [size] = channel.tick(1000);
    if (size?.do !== 'transmit') throw new Error('no size was sent');
    channel.receive(acknowledge(size.message), 1000);
    expect(channel.tick(1500)).toEqual([{ do: 'ready' }]);
    expect(failure(received(channel, REQUEST))).toBe('a handshake came when the session had begun');
  });

  it('in whose middle output comes ends the session, and nothing of that is shown', () => {
    const effects = received(new Channel(0), REQUEST, output(1));
    expect(failure(effects)).toBe('output came in the middle of the handshake');
    expect(kinds(effects)).not.toContain('deliver');
  });

  it('may not end before it has begun, nor twice', () => {
    const early = 'the end of a handshake came where there was none to end';
    expect(failure(received(new Channel(0), at(0, COMPLETE)))).toBe(early);
    expect(failure(received(new Channel(0), REQUEST, COMPLETE, at(2, COMPLETE)))).toBe(early);
  });

  it('of more than 16 KiB ends the session', () => {
    const payload = Buffer.concat([REQUEST.payload, Buffer.alloc(16 * 1024, ' ')]);
    const effects = received(new Channel(0), at(0, { payloadType: PayloadType.HandshakeRequest, payload }));
    expect(failure(effects)).toMatch(/^a handshake has 16\d{3} bytes, expected at most 16384$/);
  });
});

describe('the agent’s proof that it has the key', () => {
  const challenge = found(ENCRYPTED, PayloadType.EncryptionChallengeRequest);

  it('is asked for once: whatever else comes as one is not decrypted for anybody', () => {
    const channel = new Channel(0);
    const effects = received(channel, ...ENCRYPTED.slice(0, 2), at(2, challenge));
    expect(failure(effects)).toBe('an encryption challenge came that is not part of the handshake');
  });

  it('cannot be left out', () => {
    const complete = found(ENCRYPTED, PayloadType.HandshakeComplete);
    const channel = new Channel(0);
    const effects = received(channel, ...ENCRYPTED.slice(0, 1), at(1, complete));
    expect(failure(effects)).toBe('the end of a handshake came where there was none to end');
    expect(channel.ready).toBe(false);
  });
});

describe('a session that must be encrypted', () => {
  const mustEncrypt = (): Channel => new Channel(0, ['shell'], true);
  const REASON = 'the cluster wants its sessions encrypted with a KMS key, and this one is not';

  it('is, as recorded', () => {
    const channel = mustEncrypt();
    expect(failure(received(channel, ...ENCRYPTED))).toBeUndefined();
    expect(channel.ready).toBe(true);
  });

  it.each([
    ['with output', [output(0)]],
    ['with a handshake that asks for no key', [REQUEST]],
  ])('fails when it begins %s: no key is asked for, and nothing is sent', (_how, messages) => {
    const effects = received(mustEncrypt(), ...messages);
    expect(effects.at(-1)).toEqual({ do: 'fail', reason: REASON, isUnencrypted: true });
    expect(kinds(effects)).toEqual(['acknowledge', 'fail']);
  });

  it('sends nothing in silence, not even the size', () => {
    const channel = mustEncrypt();
    for (let now = 0; now < 60_000; now += 100) expect(channel.tick(now)).toEqual([]);
    expect(channel.ready).toBe(false);
  });
});

it('a payload is not shown when the session is encrypted and it is not', () => {
  const channel = new Channel(0);
  received(channel, ...ENCRYPTED.slice(0, 3));
  const effects = received(channel, output(3));
  expect(failure(effects)).toMatch(/does not decrypt/);
  expect(kinds(effects)).not.toContain('deliver');
});
