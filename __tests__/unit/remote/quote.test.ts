import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote, quoteAll } from '../../../src/remote/quote';
import { terminalCommand } from '../../../src/remote/start';
import { temporaryDirectory } from '../../support/bastion';

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

/** The container has psql, this machine perhaps not. */
function directoryWith(program: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, program), '#!/bin/sh\n', { mode: 0o755 });
  return directory;
}

describe('the command line for a container', () => {
  it('runs the words as they are, and writes the exit code into a mark that terminals do not show', () => {
    const words = ['sh', '-c', 'printf "%s|" "$@"; exit 3', 'sh', "it's", '$HOME', 'a b'];
    // The line is split as a shell splits it; here a shell does.
    const env = { PATH: `${directoryWith('psql')}:${process.env.PATH ?? ''}` };
    const shown = execFileSync('sh', ['-c', terminalCommand(words, 'f00d')], { encoding: 'utf8', env });
    expect(shown).toBe("it's|$HOME|a b|\x1b_f00d;3\x1b\\");
  });
});
