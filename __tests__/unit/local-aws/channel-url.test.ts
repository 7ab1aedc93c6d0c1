import { channelUrl, newCellNumber, readChannelUrl } from '../../../src/local-aws/channel-url';

const ORIGIN = 'ws://127.0.0.1:4566';

it('has the cell number encoded, as what it is', () => {
  const url = channelUrl(ORIGIN, 'local-1', '+w/=');
  expect(url).toBe('ws://127.0.0.1:4566/v1/data-channel/local-1?role=publish_subscribe&cell-number=%2Bw%2F%3D');
  expect(readChannelUrl(url.slice(ORIGIN.length))).toEqual({ sessionId: 'local-1', cellNumber: '+w/=' });
});

it('takes a plus that is not encoded for a space', () => {
  expect(readChannelUrl('/v1/data-channel/local-1?cell-number=+w')?.cellNumber).toBe(' w');
});

it('has none for the agent', () => {
  const url = channelUrl(ORIGIN, 'local-1');
  expect(url).toBe('ws://127.0.0.1:4566/v1/data-channel/local-1?role=publish_subscribe');
  expect(readChannelUrl(url.slice(ORIGIN.length))?.cellNumber).toBeUndefined();
});

it('knows no other path', () => {
  expect(readChannelUrl('/v1/control-channel/local-1')).toBeUndefined();
});

it('a cell number is another each time, in base64 with a character that must be encoded', () => {
  const numbers = Array.from({ length: 20 }, newCellNumber);
  expect(new Set(numbers).size).toBe(20);
  for (const one of numbers) expect(one).toMatch(/^\+[A-Za-z0-9+/]{21}==$/);
});
