import type { Writable } from 'node:stream';
import { printable } from '../printable';

/**
 * The story on standard error, a line a step: `Starting the bastion task … running (14 s)`.
 * Whatever it is told may come from anybody, and is made safe for a terminal here.
 * A step that fails keeps its line open until the next word, so that the reason stands below it.
 */
export class Story {
  private lineIsOpen = false;
  private readonly times = [`start-up ${hundredths(performance.now())}`];
  private lastAt = performance.now();

  constructor(private readonly stream: Writable) {}

  /** Says what is done, and when it is done how it went and how long it took. */
  async step<T>(what: string, work: () => Promise<T>, outcome: (result: T) => string): Promise<T> {
    const startedAt = performance.now();
    this.closeLine();
    this.stream.write(`${printable(what)} … `);
    this.lineIsOpen = true;
    const result = await this.timed(what.toLowerCase(), work);
    this.lineIsOpen = false;
    this.stream.write(`${printable(outcome(result))} (${seconds(performance.now() - startedAt)})\n`);
    return result;
  }

  /** Notes how long it took, without a word. */
  async timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.lastAt = performance.now();
    this.times.push(`${what} ${hundredths(this.lastAt - startedAt)}`);
    return result;
  }

  /** Where the time went since the process began. @param last what has taken it since the last step */
  timing(last?: string): void {
    const now = performance.now();
    const times = last === undefined ? this.times : [...this.times, `${last} ${hundredths(now - this.lastAt)}`];
    this.line(`Timing: ${times.join(', ')}; in all ${hundredths(now)}`);
  }

  line(text: string): void {
    this.closeLine();
    this.stream.write(`${printable(text)}\n`);
  }

  closeLine(): void {
    if (this.lineIsOpen) this.stream.write('\n');
    this.lineIsOpen = false;
  }
}

function hundredths(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
