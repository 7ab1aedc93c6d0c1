import { Collected } from '../../support/exec';
import { clock, line, Progress, size } from '../../../src/transfer/progress';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_940, '999.9 kB'],
  [999_960, '1.0 MB'],
  [12_345_678, '12.3 MB'],
  [5e9, '5.0 GB'],
  [3e15, '3000.0 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

it.each([
  [0, '0:00'],
  [7_400, '0:07'],
  [750_000, '12:30'],
  [3_723_000, '1:02:03'],
  [Infinity, '?'],
  [-1, '0:00'],
])('%d ms are %s', (milliseconds, text) => {
  expect(clock(milliseconds)).toBe(text);
});

describe('a line tells bytes, rate and', () => {
  const standing = { bytes: 2_000_000, total: undefined, share: undefined, rate: 1_000_000, elapsed: 2_000 };

  it.each([
    ['the time so far, where nothing tells the whole', standing, '2.0 MB  1.0 MB/s  0:02 so far'],
    ['the same at the beginning', { ...standing, share: 0 }, '2.0 MB  1.0 MB/s  0:02 so far'],
    ['the time left, by the share', { ...standing, share: 0.25 }, '2.0 MB  1.0 MB/s  0:06 left'],
    [
      'the time left, by the whole',
      { ...standing, total: 10_000_000, share: 0.2 },
      '2.0 MB of 10.0 MB  1.0 MB/s  0:08 left',
    ],
    [
      'nothing of it while all stands still',
      { ...standing, total: 1e7, share: 0.2, rate: 0 },
      '2.0 MB of 10.0 MB  0 B/s  ? left',
    ],
  ])('%s', (_name, one, text) => {
    expect(line(one)).toBe(text);
  });
});

describe('the output', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is one line at a terminal, written over five times a second, and gone in the end', () => {
    const output = Object.assign(new Collected(), { isTTY: true });
    {
      using progress = new Progress(output, 1000);
      for (let bytes = 100; bytes <= 1000; bytes += 100) {
        jest.advanceTimersByTime(100);
        progress.update(bytes);
      }
    }
    const shown = output.bytes().toString().split('\r\x1b[K');
    expect(shown).toHaveLength(7);
    expect(shown.at(1)).toBe('200 B of 1.0 kB  1.0 kB/s  0:01 left');
    expect(shown.at(-1)).toBe('');
  });

  it('is a line every ten seconds elsewhere', () => {
    const output = new Collected();
    {
      using progress = new Progress(output, 100_000);
      for (let second = 1; second <= 25; second += 1) {
        jest.advanceTimersByTime(1000);
        progress.update(second * 1000);
      }
    }
    expect(output.bytes().toString()).toBe(
      '10.0 kB of 100.0 kB  1.0 kB/s  1:30 left\n20.0 kB of 100.0 kB  1.0 kB/s  1:20 left\n',
    );
  });
});
