import { Command, type Frame, FrameDecoder } from '../../../src/tunnel/smux/frame';
import { Turns } from '../../../src/tunnel/smux/turns';

const LIMIT = 1024;

/** All that is waiting, a payload at a time. */
function drain(turns: Turns): Frame[][] {
  const payloads: Frame[][] = [];
  for (let turn = turns.take(LIMIT); turn !== undefined; turn = turns.take(LIMIT)) {
    expect(turn.bytes.length).toBeLessThanOrEqual(LIMIT);
    payloads.push(new FrameDecoder().take(turn.bytes));
    for (const done of turn.done) done();
  }
  return payloads;
}

const noop = (): void => undefined;

it('opens, sends and ends a short stream in one payload', () => {
  const turns = new Turns();
  turns.open(3);
  turns.push(3, Buffer.from('hello'), noop);
  turns.finish(3, noop);
  expect(drain(turns)).toEqual([
    [
      { command: Command.SYN, streamId: 3, data: Buffer.alloc(0) },
      { command: Command.PSH, streamId: 3, data: Buffer.from('hello') },
      { command: Command.FIN, streamId: 3, data: Buffer.alloc(0) },
    ],
  ]);
});

it('gives each stream one frame a round, however much another has to say', () => {
  const turns = new Turns();
  turns.push(3, Buffer.alloc(100_000), noop);
  turns.push(5, Buffer.alloc(3_000), noop);
  turns.push(7, Buffer.alloc(10), noop);
  const order = drain(turns)
    .flat()
    .map(({ streamId }) => streamId);
  expect(order.slice(0, 6)).toEqual([3, 5, 7, 3, 5, 3]);
  expect(order.slice(6).filter((id) => id !== 3)).toEqual([5]);
});

it('lets a new stream in after one round', () => {
  const turns = new Turns();
  for (const id of [3, 5, 7]) turns.push(id, Buffer.alloc(100_000), noop);
  turns.take(LIMIT);
  turns.open(9);
  turns.push(9, Buffer.from('x'), noop);
  const order = drain(turns)
    .flat()
    .map(({ streamId }) => streamId);
  expect(order.indexOf(9)).toBeLessThanOrEqual(3);
});

it('calls back when the last byte is taken, and not before', () => {
  const turns = new Turns();
  const done = jest.fn();
  turns.push(3, Buffer.alloc(2 * LIMIT), done);
  const sizes: number[] = [];
  for (let turn = turns.take(LIMIT); turn !== undefined; turn = turns.take(LIMIT)) {
    expect(done).not.toHaveBeenCalled();
    sizes.push(turn.bytes.length);
    expect(turn.done.length).toBe(sizes.length === 3 ? 1 : 0);
  }
  expect(sizes).toEqual([LIMIT, LIMIT, 2 * LIMIT - 2 * (LIMIT - 8) + 8]);
});

it('cancels: nothing more but the end, and nothing at all when it was never opened', () => {
  const turns = new Turns();
  const done = jest.fn();
  turns.open(3);
  turns.push(3, Buffer.alloc(100_000), done);
  turns.take(LIMIT);
  expect(turns.cancel(3)).toBe(true);
  expect(done).toHaveBeenCalledTimes(1);
  expect(drain(turns).flat()).toEqual([{ command: Command.FIN, streamId: 3, data: Buffer.alloc(0) }]);
  turns.open(5);
  turns.push(5, Buffer.from('x'), done);
  expect(turns.cancel(5)).toBe(false);
  expect(done).toHaveBeenCalledTimes(2);
  expect(drain(turns)).toEqual([]);
});

it('says once that it lives, ahead of all', () => {
  const turns = new Turns();
  turns.push(3, Buffer.from('x'), noop);
  turns.keepAlive();
  expect(
    drain(turns)
      .flat()
      .map(({ command }) => command),
  ).toEqual([Command.NOP, Command.PSH]);
});
