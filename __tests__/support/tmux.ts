import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath } from '../../src/local-aws/tools';

const WAIT_MS = 15_000;

/** A real terminal: a tmux server of its own with one window, in which a shell runs. */
export class Tmux implements Disposable {
  private readonly socket = `test-${randomUUID()}`;

  constructor({
    env,
    cwd,
    columns = 100,
    rows = 30,
  }: {
    env: NodeJS.ProcessEnv;
    cwd: string;
    columns?: number;
    rows?: number;
  }) {
    if (findOnPath('tmux') === undefined) {
      throw new Error('tmux is not on the PATH: install it, for example with apt-get install tmux');
    }
    execFileSync(
      'tmux',
      ['-L', this.socket, '-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh'],
      { env: { ...env, PS1: 'local$ ', TERM: 'xterm-256color' }, cwd },
    );
  }

  /** Types text as it is. */
  type(text: string): void {
    // tmux takes a semicolon at the end of an argument for the end of its own command.
    this.run('send-keys', '-l', text.replace(/;$/, '\\;'));
  }

  /** Presses keys by tmux's names: `Enter`, `C-c`. */
  press(...keys: string[]): void {
    this.run('send-keys', ...keys);
  }

  line(text: string): void {
    this.type(text);
    this.press('Enter');
  }

  /** Pastes a file; ends of lines become Enter, unless the program has asked for brackets around what is pasted. */
  paste(file: string, { bracketed = false } = {}): void {
    this.run('load-buffer', file);
    this.run('paste-buffer', ...(bracketed ? ['-p'] : []));
  }

  resize(columns: number, rows: number): void {
    this.run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What the window shows. */
  screen(): string {
    return this.run('capture-pane', '-p', '-S', '-');
  }

  /** Waits until the window shows the pattern. */
  async shows(pattern: RegExp, waitMs = WAIT_MS): Promise<string> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the terminal does not show ${String(pattern)} but:\n${screen}`);
      await sleep(50);
    }
  }

  /** The settings of the terminal, its size apart. */
  async settings(): Promise<string> {
    const end = randomUUID();
    this.line(`clear; stty -a | sed 's/rows.*columns [0-9]*;//'; echo end-${end.slice(0, 8)}`);
    const screen = await this.shows(new RegExp(`^end-${end.slice(0, 8)}`, 'm'));
    return screen.slice(screen.indexOf('speed'), screen.indexOf(`\nend-`));
  }

  [Symbol.dispose](): void {
    this.run('kill-server');
  }

  private run(...argv: string[]): string {
    return execFileSync('tmux', ['-L', this.socket, ...argv], { encoding: 'utf8' });
  }
}
