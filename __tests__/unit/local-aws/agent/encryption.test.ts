import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { ProtocolError } from '../../../../src/errors';
import { AgentChannel } from '../../../../src/local-aws/agent/agent-channel';
import { Encryption } from '../../../../src/local-aws/agent/encryption';
import { EncryptionHandshake } from '../../../../src/local-aws/agent/encryption-handshake';
import { Handshake, HandshakeError } from '../../../../src/local-aws/agent/handshake';
import type { DataKeyRequest } from '../../../../src/local-aws/agent/kms';
import { decodeMessage, type Message, newMessage, PayloadType } from '../../../../src/session/message';
import { readRecording } from '../../../fixtures/vectors';

/** As the head of the recording says. */
const DATA_KEY = createHash('sha512').update('harness data key').digest();
const frames = readRecording('handshake_kms_interactive').frames.map(({ direction, bytes }) => ({
  direction,
  message: decodeMessage(bytes),
}));
const recorded = (payloadType: number, direction?: string): Message[] =>
  frames
    .filter((one) => one.message.payloadType === payloadType && (direction ?? one.direction) === one.direction)
    .map(({ message }) => message);
const only = (payloadType: number): Message => recorded(payloadType)[0] ?? newMessage('acknowledge');
const json = ({ payload }: Message): Record<string, unknown> => JSON.parse(payload.toString()) as never;
const challengeOf = (message: Message): Buffer => Buffer.from(String(json(message).Challenge), 'base64');

describe('payloads of an encrypted session', () => {
  it('are decrypted as the recorded client has encrypted them, when they are Output', () => {
    const encryption = new Encryption();
    encryption.useKey(DATA_KEY);
    const typed = recorded(PayloadType.Output, 'client->agent').map((message) => encryption.decode(message));
    expect(typed.map(({ payload }) => payload.toString())).toEqual(['echo hi\n', 'exit\n']);
    const size = only(PayloadType.Size);
    expect(encryption.decode(size)).toBe(size);
  });

  it('are encrypted as the recorded agent has done it, nonces included', () => {
    const output = recorded(PayloadType.Output, 'agent->client').map(({ payload }) => payload);
    const encryption = new Encryption(Buffer.from(output[0]?.subarray(0, 12) ?? []));
    encryption.useKey(DATA_KEY);
    const texts = ['# ', 'echo hi\r\nhi\r\n# ', 'exit\r\n'];
    expect(texts.map((text) => encryption.encode(PayloadType.Output, Buffer.from(text)))).toEqual(output);
  });

  it('from the agent are encrypted when they are Output, StdErr or ExitCode', () => {
    const encryption = new Encryption();
    encryption.useKey(DATA_KEY);
    const plain = Buffer.from('text');
    const encrypted = Object.values(PayloadType).filter((type) => encryption.encode(type, plain) !== plain);
    expect(encrypted).toEqual([PayloadType.Output, PayloadType.StdErr, PayloadType.ExitCode]);
  });

  it('that are damaged, too short or come before the key are refused', () => {
    const encryption = new Encryption();
    const [typed = newMessage('input_stream_data')] = recorded(PayloadType.Output, 'client->agent');
    expect(() => encryption.decode(typed)).toThrow(ProtocolError);
    encryption.useKey(DATA_KEY);
    const payload = Buffer.from(typed.payload);
    payload.writeUInt8(payload.readUInt8(20) ^ 1, 20);
    expect(() => encryption.decode({ ...typed, payload })).toThrow(ProtocolError);
    expect(() => encryption.decode({ ...typed, payload: payload.subarray(0, 27) })).toThrow(ProtocolError);
  });
});

/** A client's use of the key: what came with the agent's half goes back with its own. */
function answerTo(challenge: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', DATA_KEY.subarray(0, 32), challenge.subarray(0, 12));
  decipher.setAuthTag(challenge.subarray(-16));
  const plain = Buffer.concat([decipher.update(challenge.subarray(12, -16)), decipher.final()]);
  return seal(plain);
}

function seal(plain: Buffer): Buffer {
  const nonce = Buffer.alloc(12, 7);
  const cipher = createCipheriv('aes-256-gcm', DATA_KEY.subarray(32), nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function start(decrypt: (request: DataKeyRequest) => Promise<Buffer> = () => Promise.resolve(DATA_KEY)) {
  const sent: Message[] = [];
  const asked: DataKeyRequest[] = [];
  const encryption = new Encryption();
  const handshake = new Handshake(
    { sessionType: 'InteractiveCommands', parameters: {}, agentVersion: '3.3.0.0' },
    new EncryptionHandshake({
      sessionId: 'session-1',
      target: 'ecs:cluster_task_task-1',
      keyId: 'alias/harness',
      kms: { endpoint: 'http://kms', key: { accessKeyId: 'local', secretAccessKey: 'local' } },
      region: 'ap-northeast-1',
      encryption,
      decryptDataKey: (request) => {
        asked.push(request);
        return decrypt(request);
      },
    }),
  );
  const channel = new AgentChannel({
    transmit: (message) => sent.push(message),
    takeInput: (message) => Promise.resolve(handshake.takes(message)),
    encode: (payloadType, payload) => encryption.encode(payloadType, payload),
  });
  const input = (sequenceNumber: number, payloadType: number, payload: object) =>
    channel.receive(
      newMessage('input_stream_data', {
        sequenceNumber,
        payloadType,
        payload: Buffer.from(JSON.stringify(payload)),
      }),
      0,
    );
  const data = (): readonly Message[] => sent.filter(({ messageType }) => messageType === 'output_stream_data');
  return { sent, asked, handshake, channel, input, data, done: handshake.perform(channel) };
}

/** Lets what waits for a settled promise go on. */
const settled = () => jest.advanceTimersByTimeAsync(0);

describe('the handshake of an encrypted session', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('asks, challenges and concludes as recorded', async () => {
    const { asked, channel, data, input, done } = start();
    const request = json(data()[0] ?? newMessage('acknowledge'));
    const { Challenge } = (request.RequestedClientActions as { ActionParameters: { Challenge: string } }[])[1]
      ?.ActionParameters ?? { Challenge: '' };
    expect(JSON.stringify(request).replace(Challenge, 'trnsoI6Nt/zdyxlxamJyig==')).toBe(
      only(PayloadType.HandshakeRequest).payload.toString(),
    );
    await channel.receive(only(PayloadType.HandshakeResponse), 0);
    await settled();
    expect(asked).toEqual([
      {
        kms: { endpoint: 'http://kms', key: { accessKeyId: 'local', secretAccessKey: 'local' } },
        region: 'ap-northeast-1',
        keyId: 'alias/harness',
        cipherTextKey: 'ZmFrZS1jaXBoZXJ0ZXh0LWJsb2I=',
        encryptionContext: { 'aws:ssm:SessionId': 'session-1', 'aws:ssm:TargetId': 'ecs:cluster_task_task-1' },
      },
    ]);
    const challenge = challengeOf(data()[1] ?? newMessage('acknowledge'));
    expect(challenge).toHaveLength(challengeOf(only(PayloadType.EncryptionChallengeRequest)).length);
    await input(1, PayloadType.EncryptionChallengeResponse, { Challenge: answerTo(challenge).toString('base64') });
    await done;
    expect(data().map(({ payloadType }) => payloadType)).toEqual([5, 8, 7]);
    expect(json(data()[2] ?? newMessage('acknowledge')).CustomerMessage).toBe(
      json(only(PayloadType.HandshakeComplete)).CustomerMessage,
    );
  });

  it('binds the key to its own challenge when the client says that it did', async () => {
    const { asked, data, input, handshake, done } = start();
    const [, action] = json(data()[0] ?? newMessage('acknowledge')).RequestedClientActions as {
      ActionParameters: { Challenge: string };
    }[];
    await input(
      0,
      PayloadType.HandshakeResponse,
      response({ KMSCipherTextKey: 'AA==', ChallengeAcknowledgement: true }),
    );
    await settled();
    expect(asked[0]?.encryptionContext['aws:ssm:RandomChallenge']).toBe(action?.ActionParameters.Challenge);
    const failure = expect(done).rejects.toThrow(HandshakeError);
    handshake.cancel();
    await failure;
  });

  it('does not acknowledge a wrong answer to the challenge, and runs out', async () => {
    const { sent, input, done } = start();
    await input(0, PayloadType.HandshakeResponse, response({ KMSCipherTextKey: 'AA==' }));
    await settled();
    const acknowledgements = sent.filter(({ messageType }) => messageType === 'acknowledge').length;
    const wrong = { Challenge: seal(Buffer.alloc(64)).toString('base64') };
    await expect(input(1, PayloadType.EncryptionChallengeResponse, wrong)).rejects.toThrow(
      'Encryption challenge does not match!',
    );
    expect(sent.filter(({ messageType }) => messageType === 'acknowledge')).toHaveLength(acknowledgements);
    const failure = expect(done).rejects.toThrow(new HandshakeError('Timed out waiting for encryption challenge.'));
    await jest.advanceTimersByTimeAsync(15_000);
    await failure;
  });

  it('fails with the words of KMS when that does not give the key', async () => {
    const { input, done } = start(() => Promise.reject(new Error('InvalidCiphertextException: ')));
    const failure = expect(done).rejects.toThrow(
      /^Fetching data key failed: Unable to retrieve data key, Error when decrypting data key InvalidCiphertext/,
    );
    await input(0, PayloadType.HandshakeResponse, response({ KMSCipherTextKey: 'AA==' }));
    await failure;
  });
});

function response(actionResult: object): object {
  return {
    ClientVersion: '1.2.600.0',
    ProcessedClientActions: [
      { ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' },
      { ActionType: 'KMSEncryption', ActionStatus: 1, ActionResult: actionResult, Error: '' },
    ],
    Errors: null,
  };
}
