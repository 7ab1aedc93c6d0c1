import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { choose } from '../../../src/cli/choose';
import { columns } from '../../../src/cli/columns';
import { connectionStory } from '../../../src/cli/connection-story';
import { report } from '../../../src/cli/report';
import { shownErrors } from '../../../src/cli/shown-errors';
import { Story } from '../../../src/cli/story';
import type { Terminal } from '../../../src/cli/terminal';
import { asText } from '../../../src/doctor/report';
import { UserError } from '../../../src/errors';

/** A title, a colour, a bell, DEL, C1, and text that is turned around. */
const HOSTILE = 'a\x1b]0;b\x07\x1b[31m\x7f\x9bc\u202ed\re';
const SHOWN = 'a\\x1b]0;b\\x07\\x1b[31m\\x7f\\x9bc\\u202ed\\re';

interface Screen extends Terminal {
  readonly input: PassThrough & { isTTY: true };
  /** What has been written to standard error. */
  text(): string;
}

function screen(): Screen {
  const story = Object.assign(new PassThrough(), { isTTY: true as const });
  let text = '';
  story.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const input = Object.assign(new PassThrough(), { isTTY: true as const });
  const output = Object.assign(new PassThrough(), { isTTY: true as const });
  return { input, output, story, text: () => text };
}

describe('what comes from elsewhere and steers a terminal is only shown by', () => {
  it('a line of the story, a step and its outcome', async () => {
    const terminal = screen();
    const story = new Story(terminal.story);
    story.line(`${HOSTILE}\nsecond line`);
    await story.step(
      HOSTILE,
      () => Promise.resolve(),
      () => HOSTILE,
    );
    expect(terminal.text()).toBe(
      `${SHOWN}\nsecond line\n${SHOWN} … ${SHOWN} (${/\d+\.\d s/.exec(terminal.text())?.[0] ?? ''})\n`,
    );
  });

  it('an error and its remedy', () => {
    const terminal = screen();
    report(new UserError(HOSTILE, HOSTILE), new Story(terminal.story), new AbortController().signal);
    report(new Error(HOSTILE), new Story(terminal.story), new AbortController().signal);
    expect(terminal.text()).toBe(`Error: ${SHOWN}\n${SHOWN}\nError: ${SHOWN} (a fault of this program)\n`);
  });

  it('a table, whose rows it cannot add to', () => {
    expect(
      columns([
        ['TASK', 'REASON'],
        [HOSTILE, 'x\ny'],
      ]),
    ).toBe(`${'TASK'.padEnd(SHOWN.length)}  REASON\n${SHOWN}  x\\ny\n`);
  });

  it('a check of the doctor', () => {
    const check = { id: 'x', title: 'A check', status: 'failed', found: HOSTILE, remedy: HOSTILE } as const;
    expect(asText(check)).toBe(`FAILED   ${'A check'.padEnd(33)}  ${SHOWN}\n${' '.repeat(44)}${SHOWN}\n`);
  });

  it('a list to choose from', async () => {
    const terminal = screen();
    terminal.input.end('1\n');
    const choice = { what: HOSTILE, candidates: [HOSTILE, 'x\ny'], describe: (one: string) => one, remedy: '' };
    await choose(choice, terminal, new AbortController().signal);
    expect(terminal.text()).toMatch(/^There is more than one [^\n]*\n {2}1 {2}[^\n]*\n {2}2 {2}x\\ny\nWhich one/);
    expect(terminal.text()).not.toMatch(/[^\x20-\x7e\n]/);
  });

  it.each([
    [true, `\r\n[Connection lost: ${SHOWN}. Getting it back … Enter ~ . leaves]\r\n`],
    [false, `Connection lost: ${SHOWN}. Getting it back …\n`],
  ])('the story of a connection (raw: %s)', async (isRaw, expected) => {
    const terminal = screen();
    using connection = connectionStory(terminal, isRaw);
    connection.onConnection(HOSTILE);
    while (terminal.text() === '') await sleep(20);
    expect(terminal.text()).toBe(expected);
  });

  it('the errors of a program that we run, in whatever pieces they come', async () => {
    for (const size of [1, 3, 1000]) {
      const terminal = screen();
      const shown = shownErrors(terminal.story);
      const bytes = Buffer.from(`${HOSTILE}日本\r\nnext\n`);
      for (let at = 0; at < bytes.length; at += size) shown.write(bytes.subarray(at, at + size));
      await new Promise((resolve) => shown.end(resolve));
      expect(terminal.text()).toBe(`${SHOWN}日本\nnext\n`);
    }
  });
});

it('where no terminal is, the errors of a program stay as they are', () => {
  const file = new PassThrough();
  expect(shownErrors(file)).toBe(file);
});
