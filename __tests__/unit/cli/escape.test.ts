import { EscapeKeys } from '../../../src/cli/escape';

/** Types keys, each array element as a terminal would give it: one key, or what was pasted. */
async function typed(...keys: string[]): Promise<{ readonly sent: string; readonly did: readonly string[] }> {
  const did: string[] = [];
  const escape = new EscapeKeys({ onLeave: () => did.push('leave'), onHelp: () => did.push('help') });
  for (const key of keys) escape.write(key);
  escape.end();
  let sent = '';
  for await (const chunk of escape as AsyncIterable<Buffer>) sent += chunk.toString();
  return { sent, did };
}

it.each([
  ['at the start', ['~', '.']],
  ['after Enter', ['l', 's', '\r', '~', '.']],
])('~. leaves %s', async (_name, keys) => {
  const { sent, did } = await typed(...keys);
  expect([sent.includes('~'), did]).toEqual([false, ['leave']]);
});

it('~? explains, and may be followed by another', async () => {
  expect(await typed('~', '?', '~', '.')).toEqual({ sent: '', did: ['help', 'leave'] });
});

it('~~ is one tilde', async () => {
  expect(await typed('~', '~', 'x', '\r')).toEqual({ sent: '~x\r', did: [] });
});

it('a tilde with anything else is both', async () => {
  expect(await typed('~', '/', 'a')).toEqual({ sent: '~/a', did: [] });
});

it('a tilde in the middle of a line is a tilde', async () => {
  expect(await typed('a', '~', '.')).toEqual({ sent: 'a~.', did: [] });
});

it('pasted text is text', async () => {
  expect(await typed('first\r~.\rlast\r', '~.')).toEqual({ sent: 'first\r~.\rlast\r~.', did: [] });
});
