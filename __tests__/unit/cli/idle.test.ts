import { PassThrough } from 'node:stream';
import { IDLE_LIMIT_MS, IdleWarning } from '../../../src/cli/idle';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const MINUTE = 60_000;

function watch() {
  const terminal = new PassThrough();
  const state = { lastActivity: Date.now() };
  const warning = new IdleWarning({ lastActivity: () => state.lastActivity, terminal });
  const shown = (): string => (terminal.read() as Buffer | null)?.toString() ?? '';
  return { state, warning, shown };
}

it('nothing is said for eighteen minutes, then the title counts down', () => {
  const { warning, shown } = watch();
  jest.advanceTimersByTime(18 * MINUTE - 5_000);
  expect(shown()).toBe('');
  jest.advanceTimersByTime(5_000);
  // A bell, the title put on the stack, and the new one.
  expect(shown()).toBe('\x07\x1b[22;2t\x1b]2;Idle: the session ends in 120 s, press a key to keep it\x07');
  jest.advanceTimersByTime(5_000);
  expect(shown()).toBe('\x1b]2;Idle: the session ends in 115 s, press a key to keep it\x07');
  warning[Symbol.dispose]();
});

it('the title of before comes back with the next key, and at the end', () => {
  const { state, warning, shown } = watch();
  jest.advanceTimersByTime(19 * MINUTE);
  shown();
  state.lastActivity = Date.now();
  jest.advanceTimersByTime(5_000);
  expect(shown()).toBe('\x1b]2;\x07\x1b[23;2t');
  jest.advanceTimersByTime(19 * MINUTE);
  shown();
  warning[Symbol.dispose]();
  expect(shown()).toBe('\x1b]2;\x07\x1b[23;2t');
  jest.advanceTimersByTime(IDLE_LIMIT_MS);
  expect(shown()).toBe('');
});
