import { setTimeout as sleep } from 'node:timers/promises';
import { Tmux } from './tmux';

const WAIT_MS = 90_000;
const POLL_MS = 40;

const OWN_PROMPT = /^local\$ ?/;
/** Prompts as a reader sees them, and as they look in a container of the local AWS. */
const PROMPTS: readonly (readonly [shown: string, pattern: RegExp])[] = [
  ['$ ', OWN_PROMPT],
  ['sh-5.2# ', /^[#$] ?/],
  ['mydb=> ', /^mydb=> ?/],
  ['mydb-> ', /^mydb-> ?/],
];

interface Typed {
  readonly prompt: RegExp;
  readonly input: string;
}

/**
 * Types into a terminal what a `console` block types, each line once its prompt has come, and waits for our own shell's
 * prompt at the end. @returns what the terminal showed, with the reader's prompts
 */
export async function runConsole(
  text: string,
  place: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): Promise<string> {
  const env = { ...place.env, LC_ALL: 'C.UTF-8' };
  using terminal = new Tmux({ env, cwd: place.cwd, columns: 160, rows: 60 });
  // tmux starts our shell by another, which keeps its own prompt to itself.
  terminal.line(`PS1='local$ '; clear`);
  for (const { prompt, input } of typedLines(text)) {
    await until(terminal, `the prompt before ${JSON.stringify(input)}`, (last) => isBare(last, prompt));
    terminal.type(input);
    await until(terminal, input, (last) => last.trimEnd().endsWith(input.trimEnd()));
    terminal.press('Enter');
  }
  const screen = await until(terminal, 'the end', (last) => isBare(last, OWN_PROMPT));
  return screen.split('\n').map(asShown).join('\n').trimEnd().replace(/\n\$$/, '');
}

/** The lines of a block that begin with a prompt, without it. @throws when there is none */
export function typedLines(text: string): readonly Typed[] {
  const typed = text.split('\n').flatMap((line) => {
    const found = PROMPTS.find(([shown]) => `${line} `.startsWith(shown));
    return found === undefined ? [] : [{ prompt: found[1], input: line.slice(found[0].length) }];
  });
  if (typed[0]?.prompt !== OWN_PROMPT) throw new Error('a console begins with "$ " and a command');
  return typed;
}

function asShown(line: string): string {
  const found = PROMPTS.find(([, pattern]) => pattern.test(line));
  return found === undefined ? line : line.replace(found[1], found[0]);
}

function isBare(line: string, prompt: RegExp): boolean {
  return prompt.test(line) && line.replace(prompt, '') === '';
}

async function until(terminal: Tmux, what: string, holds: (lastLine: string) => boolean): Promise<string> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const screen = terminal.screen();
    if (holds(screen.trimEnd().split('\n').at(-1) ?? '')) return screen;
    if (Date.now() > deadline) throw new Error(`the terminal does not come to ${what}, but shows:\n${screen}`);
    await sleep(POLL_MS);
  }
}
