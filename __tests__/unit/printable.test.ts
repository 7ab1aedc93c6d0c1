import { printable, printableJson, printableLine } from '../../src/printable';

/** Every character that does something else than to be seen. */
const UNSAFE = [
  ...Array.from({ length: 0xa0 }, (_, code) => code).filter((code) => code < 0x20 || code >= 0x7f),
  ...[0x061c, 0x200e, 0x200f, 0x2028, 0x2029],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCharCode(code));
const HARMLESS = 'Größe 日本語 👩‍💻 \u00a0 \u00ad a\u0301 "quoted" \\x1b';

it('shows what steers a terminal instead of doing it', () => {
  expect(printable('\x1b]0;title\x07 \x9b31m \x7f \u202eabc\u2069 \u2028')).toBe(
    '\\x1b]0;title\\x07 \\x9b31m \\x7f \\u202eabc\\u2069 \\u2028',
  );
});

it('leaves newlines and tabs, of CR LF the newline, and shows a lone CR', () => {
  expect(printable('a\tb\r\nc\r\r\nd\rover\n')).toBe('a\tb\nc\nd\\rover\n');
  expect(printableLine('a\tb\r\nc')).toBe('a\\tb\\r\\nc');
});

it('leaves all other characters as they are', () => {
  expect([printable(HARMLESS), printableLine(HARMLESS)]).toEqual([HARMLESS, HARMLESS]);
});

it('has an answer for each of them', () => {
  const left = /[^\x20-\x7e]/;
  for (const character of UNSAFE) {
    expect(printableLine(character)).not.toMatch(left);
    if (!'\n\t'.includes(character)) expect(printable(character)).not.toMatch(left);
  }
});

it('JSON says the same, in characters that are safe', () => {
  const value = { name: `${UNSAFE.join('')}${HARMLESS}`, list: [1, null] };
  const json = printableJson(value);
  expect(JSON.parse(json)).toEqual(value);
  for (const character of UNSAFE) if (character !== '\n') expect(json).not.toContain(character);
});
