import { execFileSync } from 'node:child_process';
import { quote, quoteAll } from '../../../src/remote/quote';
import { commandOnceReady } from '../../../src/remote/start';

const NASTY = [
  'plain',
  '',
  ' ',
  "it's",
  "''",
  '"double"',
  '$HOME `id` $(id) \\ * ? [a] {b} ~ ! # & ; | < >',
  'new\nline\ttab\r',
  '田中太郎',
  '-n',
  "'\\''",
  '#comment',
];

describe('quote', () => {
  it('gives every argument back unchanged through a real shell', () => {
    const words = execFileSync('sh', ['-c', `printf '%s\\0' ${quoteAll(NASTY)}`], { encoding: 'utf8' });
    expect(words.split('\0').slice(0, -1)).toEqual(NASTY);
  });

  it('leaves a word alone that needs no quotes', () => {
    expect(quote('/usr/bin/psql')).toBe('/usr/bin/psql');
  });

  it('refuses NUL, which no argument can hold', () => {
    expect(() => quote('a\0b')).toThrow('NUL');
  });
});

describe('the command line for a container', () => {
  it('runs the words as they are, once psql exists', () => {
    const words = ['printf', '%s|', "it's", '$HOME', 'a b'];
    const line = commandOnceReady(words, { interactive: true });
    // The line is split as a shell splits it; here a shell does.
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe("it's|$HOME|a b|");
  });

  it('uses no pager where nobody can press a key', () => {
    const line = commandOnceReady(['sh', '-c', 'echo "$PAGER"'], { interactive: false });
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe('cat\n');
  });
});
