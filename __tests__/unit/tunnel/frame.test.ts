import { decodeMessage, PayloadType } from '../../../src/session/message';
import { decodeFlag, encodeFlag, PortFlag } from '../../../src/session/payload';
import { Command, control, encodeFrames, type Frame, FrameDecoder } from '../../../src/tunnel/smux/frame';
import { readRecording } from '../../fixtures/vectors';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const RECORDINGS = ['port_smux', 'port_connect_error'];
const DIRECTIONS = ['client->agent', 'agent->client'] as const;

function payloads(name: string, direction: string, payloadType: number): Buffer[] {
  return readRecording(name)
    .frames.filter((frame) => frame.direction === direction)
    .map(({ bytes }) => decodeMessage(bytes))
    .filter((message) => message.payloadType === payloadType)
    .map(({ payload }) => payload);
}

const SYN = control(Command.SYN, 3);
const PSH: Frame = { command: Command.PSH, streamId: 0x01020304, data: Buffer.from('hi') };

it('encodes version, command, length and stream id, and the data behind them', () => {
  expect(encodeFrames([SYN])).toEqual(hex('01 00 0000 03000000'));
  expect(encodeFrames([control(Command.FIN, 5)])).toEqual(hex('01 01 0000 05000000'));
  expect(encodeFrames([PSH])).toEqual(hex('01 02 0200 04030201 6869'));
  expect(encodeFrames([control(Command.NOP, 0)])).toEqual(hex('01 03 0000 00000000'));
  expect(encodeFrames([PSH, SYN])).toEqual(hex('01 02 0200 04030201 6869 01 00 0000 03000000'));
});

it('finds frames however the bytes are cut, and hands data on as it comes', () => {
  const bytes = encodeFrames([SYN, PSH, control(Command.FIN, 3)]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const decoder = new FrameDecoder();
    const frames: Frame[] = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...decoder.take(bytes.subarray(at, at + size)));
    const data = frames.filter(({ command }) => command === Command.PSH);
    expect(Buffer.concat(data.map((frame) => frame.data)).toString()).toBe('hi');
    expect(new Set(data.map(({ streamId }) => streamId))).toEqual(new Set([PSH.streamId]));
    expect(frames.filter(({ command }) => command !== Command.PSH)).toEqual([SYN, control(Command.FIN, 3)]);
  }
});

it('takes a PSH without data for nothing', () => {
  expect(new FrameDecoder().take(hex('01 02 0000 03000000 01 01 0000 03000000'))).toEqual([control(Command.FIN, 3)]);
});

it.each([
  ['02 00 0000 03000000', 'smux version is 2, expected 1'],
  ['01 04 0800 03000000', 'smux command is 4, expected 0 to 3'],
  ['01 00 0100 03000000', 'smux command 0 has 1 bytes of data, expected none'],
])('refuses %s', (bytes, message) => {
  expect(() => new FrameDecoder().take(hex(bytes))).toThrow(message);
});

it('does not encode more data than the length can say', () => {
  expect(() => encodeFrames([{ ...PSH, data: Buffer.alloc(65_536) }])).toThrow('65536 bytes');
});

describe.each(RECORDINGS)('the recording %s', (name) => {
  it.each(DIRECTIONS)('is decoded and encoded to the same bytes, %s', (direction) => {
    const bytes = Buffer.concat(payloads(name, direction, PayloadType.Output));
    const frames = new FrameDecoder().take(bytes);
    expect(frames.length).toBeGreaterThan(0);
    expect(encodeFrames(frames)).toEqual(bytes);
  });

  it('has odd streams from 3, each opened by the client and ended by the agent', () => {
    const [client, agent] = DIRECTIONS.map((direction) =>
      new FrameDecoder().take(Buffer.concat(payloads(name, direction, PayloadType.Output))),
    );
    const ids = (frames: Frame[] = [], of: number) =>
      frames.filter(({ command }) => command === of).map(({ streamId }) => streamId);
    const opened = ids(client, Command.SYN);
    expect(opened).toEqual(Array.from({ length: opened.length }, (_, index) => 3 + 2 * index));
    expect(ids(agent, Command.FIN)).toEqual(opened);
  });

  it('ends with the flag of the client', () => {
    const [flag] = payloads(name, 'client->agent', PayloadType.Flag);
    expect(flag).toEqual(encodeFlag(PortFlag.TerminateSession));
  });
});

it('the recording of a destination that fails has its flag, ahead of the end', () => {
  const flags = payloads('port_connect_error', 'agent->client', PayloadType.Flag).map(decodeFlag);
  expect(flags).toEqual([PortFlag.ConnectToPortError]);
});
