import { parseDuration, words } from '../../../src/cli/duration';
import { UsageError } from '../../../src/errors';

it.each([
  ['90s', 90],
  ['10m', 600],
  ['8h', 28_800],
  ['1d', 86_400],
  ['1h30m', 5_400],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDuration(text, 'idle-timeout')).toBe(seconds);
});

it.each(['', '0s', '10', 'ten', '10 m', '-5m', '1.5h', '5mm'])('%j is no time', (text) => {
  expect(() => parseDuration(text, 'idle-timeout')).toThrow(UsageError);
  expect(() => parseDuration(text, 'idle-timeout')).toThrow('--idle-timeout cannot be');
});

it.each([
  [0, '0 s'],
  [45.4, '45 s'],
  [600, '10 min'],
  [5_400, '1 h 30 min'],
  [28_800, '8 h'],
  [90_061, '1 d 1 h'],
  [-3, '0 s'],
])('%d seconds are %s', (seconds, text) => {
  expect(words(seconds)).toBe(text);
});
