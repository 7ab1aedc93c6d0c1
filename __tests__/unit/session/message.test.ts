import { decodeMessage, encodeMessage, newMessage, PayloadType } from '../../../src/session/message';
import { ProtocolError } from '../../../src/errors';
import { recordings } from '../../fixtures/vectors';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a frame of the data channel', () => {
  it('has 120 bytes before its payload, with the fields where the agent puts them', () => {
    const bytes = encodeMessage({
      messageType: 'input_stream_data',
      schemaVersion: 1,
      createdDate: 0x0102030405,
      sequenceNumber: 7,
      flags: 1,
      messageId: '00112233-4455-6677-8899-aabbccddeeff',
      payloadType: PayloadType.Output,
      payload: Buffer.from('hi'),
    });
    expect(bytes.subarray(0, 4)).toEqual(hex('00000074'));
    expect(bytes.toString('latin1', 4, 36)).toBe('input_stream_data               ');
    expect(bytes.subarray(36, 64)).toEqual(hex('00000001 0000000102030405 0000000000000007 0000000000000001'));
    expect(bytes.subarray(64, 80)).toEqual(hex('8899aabbccddeeff 0011223344556677'));
    expect(bytes.subarray(80, 84)).toEqual(hex('8f434346')); // SHA-256 of "hi"
    expect(bytes.subarray(112)).toEqual(hex('00000001 00000002 6869'));
  });

  it.each(recordings)('of the recording $name decodes and encodes to the same bytes', ({ frames }) => {
    expect(frames.length).toBeGreaterThan(5);
    for (const { bytes } of frames)
      expect(encodeMessage(decodeMessage(bytes)).toString('hex')).toBe(bytes.toString('hex'));
  });

  it('may have its type padded with NUL', () => {
    const bytes = encodeMessage(newMessage('channel_closed'));
    bytes.fill(0, 4 + 'channel_closed'.length, 36);
    expect(decodeMessage(bytes).messageType).toBe('channel_closed');
  });
});

describe('a damaged frame is refused with the field, what came and what was expected', () => {
  const good = (): Buffer => encodeMessage(newMessage('output_stream_data', { payload: Buffer.from('hello') }));
  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['short', (bytes) => bytes.subarray(0, 119), /119 bytes, expected at least 120/],
    ['header length', (bytes) => (bytes.writeUInt32BE(117, 0), bytes), /header length is 117, expected 116/],
    ['payload length', (bytes) => bytes.subarray(0, 124), /payload length is 5, but 4 bytes came/],
    ['digest', (bytes) => (bytes.writeUInt8(0, 120), bytes), /payload digest of a output_stream_data frame/],
    ['type', (bytes) => (bytes.write('x', 4), bytes), /message type is "xutput_stream_data", expected one of/],
  ])('%s', (_, damage, message) => {
    expect(() => decodeMessage(damage(good()))).toThrow(ProtocolError);
    expect(() => decodeMessage(damage(good()))).toThrow(message);
  });
});
