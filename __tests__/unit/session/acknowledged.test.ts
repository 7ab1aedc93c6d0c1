import { randomUUID } from 'node:crypto';
import { Acknowledged } from '../../../src/session/acknowledged';
import { type Message, newMessage } from '../../../src/session/message';

const MOST = 10_000;
const frame = (sequenceNumber: number): Message =>
  newMessage('output_stream_data', { sequenceNumber, payload: Buffer.from('output') });
const facts = ({ messageType, messageId, sequenceNumber }: Message) => [messageType, messageId, sequenceNumber];

it('keeps what an acknowledgement names, in the order in which the frames came, and nothing of their payload', () => {
  const acknowledged = new Acknowledged();
  const frames = [3, 1, 2 ** 40].map(frame);
  for (const one of frames) acknowledged.add(one, 5);
  expect(acknowledged.recent.map(facts)).toEqual(frames.map(facts));
  expect(acknowledged.recent.every(({ payload }) => payload.length === 0)).toBe(true);
});

it('keeps three seconds, counted back from the last frame', () => {
  const acknowledged = new Acknowledged();
  for (const [sequenceNumber, at] of [1_000, 1_999, 2_000, 5_000].entries())
    acknowledged.add(frame(sequenceNumber), at);
  expect(acknowledged.recent.map(({ sequenceNumber }) => sequenceNumber)).toEqual([2, 3]);
});

it('keeps ten thousand at most, the latest, however often it has gone round', () => {
  const acknowledged = new Acknowledged();
  expect(acknowledged.recent).toEqual([]);
  const id = randomUUID();
  const count = 2 * MOST + 5;
  for (let n = 0; n < count; n += 1)
    acknowledged.add(newMessage('output_stream_data', { sequenceNumber: n, messageId: id }), 1);
  const numbers = acknowledged.recent.map(({ sequenceNumber }) => sequenceNumber);
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([MOST, count - MOST, count - 1]);
  expect(acknowledged.recent.every(({ messageId }) => messageId === id)).toBe(true);
});
