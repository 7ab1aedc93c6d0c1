import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ran, Reader } from './guide-runner';
import { Tmux } from './tmux';

const PROMPT = /^mydb\S{0,2}> ?$/;
const WAIT_MS = 30_000;
const POLL_MS = 40;
/** psql's own code for SQL that failed, which a prompt has no place for. */
const SCRIPT_FAILED = 3;

/** psql at a terminal, into which blocks of SQL are pasted as a person does. It is opened at the first one. */
export class PsqlPrompt implements Disposable {
  private terminal: Tmux | undefined;
  private count = 0;

  /** @param command what opens the prompt, as a line for the shell */
  constructor(private readonly command: string) {}

  readonly run = async (text: string, reader: Reader): Promise<Ran> => {
    this.terminal ??= await this.open(reader);
    const { terminal } = this;
    const [block, mark] = [text.trimEnd(), `block-${(this.count += 1)}`];
    terminal.line(`\\echo ${mark}`);
    await until(terminal, (lines) => lines.at(-2) === mark && PROMPT.test(lines.at(-1) ?? ''));
    const file = join(reader.directory, '.pasted.sql');
    writeFileSync(file, block);
    terminal.paste(file, { bracketed: true });
    const lines = block.split('\n');
    await until(terminal, (shown) => shown.at(-1)?.endsWith(lines.at(-1) ?? '') === true);
    terminal.press('Enter');
    const screen = await until(terminal, (shown) => PROMPT.test(shown.at(-1) ?? ''));
    // The block itself stands between the mark and what it prints.
    const printed = screen.slice(screen.lastIndexOf(mark) + 1 + lines.length, -1);
    const hasFailed = printed.some((line) => /^(ERROR|FATAL): |^\\\w+: /.test(line));
    return { exitCode: hasFailed ? SCRIPT_FAILED : 0, text: printed.join('\n') };
  };

  [Symbol.dispose](): void {
    this.terminal?.[Symbol.dispose]();
  }

  private async open({ env, directory }: Reader): Promise<Tmux> {
    const terminal = new Tmux({ env: { ...env, LC_ALL: 'C.UTF-8' }, cwd: directory, columns: 240, rows: 150 });
    terminal.line(this.command);
    await until(terminal, (lines) => PROMPT.test(lines.at(-1) ?? ''));
    return terminal;
  }
}

async function until(terminal: Tmux, holds: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const lines = terminal.screen().trimEnd().split('\n');
    if (holds(lines)) return lines;
    if (Date.now() > deadline) throw new Error(`psql shows:\n${lines.slice(-40).join('\n')}`);
    await sleep(POLL_MS);
  }
}
