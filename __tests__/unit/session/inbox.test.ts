import { Inbox } from '../../../src/session/inbox';
import { type Message, newMessage } from '../../../src/session/message';

const frame = (sequenceNumber: number, bytes = 0): Message =>
  newMessage('output_stream_data', { sequenceNumber, payload: Buffer.alloc(bytes) });

it('a frame that is 10,000 ahead is kept, and one further on is neither kept nor acknowledged', () => {
  const inbox = new Inbox();
  expect(inbox.receive(frame(10_000)).acknowledge).toBe(true);
  for (const number of [10_001, 2 ** 31, 2 ** 63]) expect(inbox.receive(frame(number)).acknowledge).toBe(false);
});

it('of large frames that come early no more than 10 MB are kept, and when there is room more', () => {
  const inbox = new Inbox();
  const size = 64 * 1024;
  let kept = 0;
  while (inbox.receive(frame(kept + 1, size)).acknowledge) kept += 1;
  expect(kept * size).toBeLessThanOrEqual(10_000 * 1024);
  expect(kept * size).toBeGreaterThan(10_000 * 1024 - size);
  expect(inbox.receive(frame(0)).inOrder).toHaveLength(kept + 1);
  expect(inbox.receive(frame(kept + 2, size)).acknowledge).toBe(true);
});

it('what is kept does not hold on to the piece that it came in', () => {
  const inbox = new Inbox();
  const piece = Buffer.alloc(64 * 1024);
  inbox.receive(newMessage('output_stream_data', { sequenceNumber: 1, payload: piece.subarray(0, 10) }));
  const [, early] = inbox.receive(frame(0)).inOrder;
  expect(early?.payload).toHaveLength(10);
  expect(early?.payload.buffer).not.toBe(piece.buffer);
});
