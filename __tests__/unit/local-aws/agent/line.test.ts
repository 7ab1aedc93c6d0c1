import { Line } from '../../../../src/local-aws/agent/line';

describe('a line of 1000 bytes a second', () => {
  it('is busy with each frame for as long as its bytes take, whenever somebody looks', () => {
    const line = new Line();
    expect(line.busyMs(1000, 5000)).toBe(0);
    line.give(100);
    expect(line.busyMs(1000, 5000)).toBe(80); // it may run ahead by 20 ms
    expect(line.busyMs(1000, 5030)).toBe(50);
    expect(line.busyMs(1000, 5080)).toBe(0);
  });

  it('saves up no more than 20 ms while nothing is sent', () => {
    const line = new Line();
    line.busyMs(1000, 0);
    expect(line.busyMs(1000, 60_000)).toBe(0);
    line.give(100);
    expect(line.busyMs(1000, 60_000)).toBe(80);
  });

  it('can become quicker while it is busy, or have no limit at all', () => {
    const line = new Line();
    line.busyMs(1000, 0);
    line.give(1000);
    expect(line.busyMs(10_000, 0)).toBe(100);
    expect(line.busyMs(0, 0)).toBe(0);
    line.give(1_000_000);
    expect(line.busyMs(0, 0)).toBe(0);
  });
});
