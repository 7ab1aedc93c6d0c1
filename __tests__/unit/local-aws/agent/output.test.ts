import { parseCommand } from '../../../../src/local-aws/agent/command-line';
import { StartFailure } from '../../../../src/local-aws/agent/pty';
import { RuneStream } from '../../../../src/local-aws/agent/runes';

function pass(chunks: readonly Buffer[]): Buffer[] {
  const runes = new RuneStream();
  return chunks.map((chunk) => runes.take(chunk));
}

describe('output in chunks', () => {
  it('keeps a rune that is cut anywhere whole', () => {
    const bytes = Buffer.from('a日é🙂z');
    for (let at = 0; at <= bytes.length; at += 1) {
      const parts = pass([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(Buffer.concat(parts).toString()).toBe('a日é🙂z');
      expect(parts.every((part) => !part.toString().includes('\ufffd'))).toBe(true);
    }
  });

  it('lets an invalid byte pass as soon as three more bytes follow', () => {
    expect(pass([Buffer.from('61ff62', 'hex'), Buffer.from('63', 'hex'), Buffer.from('64', 'hex')])).toEqual([
      Buffer.from('a'),
      Buffer.alloc(0),
      Buffer.from('\xffbcd', 'latin1'),
    ]);
  });
});

describe('a command line', () => {
  it('that is unbalanced fails before anything is run', () => {
    const problem = new StartFailure('Failed to parse commands input: EOF found when expecting closing quote');
    expect(() => parseCommand(`sh -c 'open`)).toThrow(problem);
  });

  it('with nothing but a comment is the panic that it is in the agent', () => {
    expect(() => parseCommand('# nothing')).toThrow(/has no word/);
  });
});
