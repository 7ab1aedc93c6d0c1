import type { Writable } from 'node:stream';

/** Where progress is shown: a line that is written over at a terminal, and now and then a line elsewhere. */
export type ProgressOutput = Writable & { readonly isTTY?: boolean };

const TERMINAL_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 10_000;
/** The rate is that of the last seconds, since the first tell little. */
const WINDOW_MS = 5_000;

/** Tells how far a transfer is: bytes, rate and time left. Disposal clears its line. */
export class Progress implements Disposable {
  private readonly startedAt = performance.now();
  private readonly samples: { readonly at: number; readonly bytes: number }[] = [];
  private shownAt = performance.now();
  private isShown = false;

  /** @param total how many bytes there will be, where that is known */
  constructor(
    private readonly output: ProgressOutput,
    private readonly total?: number,
  ) {}

  /** @param bytes so far; @param share of the whole, from 0 to 1, where it is known otherwise */
  update(bytes: number, share = this.total === undefined ? undefined : bytes / this.total): void {
    const now = performance.now();
    if (now - this.shownAt < (this.output.isTTY === true ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.shownAt = now;
    this.samples.push({ at: now, bytes });
    while (this.samples.length > 2 && now - (this.samples[0]?.at ?? now) > WINDOW_MS) this.samples.shift();
    this.show(line({ bytes, total: this.total, share, rate: this.rate(bytes, now), elapsed: now - this.startedAt }));
  }

  [Symbol.dispose](): void {
    if (this.isShown) this.output.write('\r\x1b[K');
    this.isShown = false;
  }

  /** Bytes a second. */
  private rate(bytes: number, now: number): number {
    const [first] = this.samples;
    if (first === undefined || first.at === now) return (bytes / (now - this.startedAt)) * 1000;
    return ((bytes - first.bytes) / (now - first.at)) * 1000;
  }

  private show(text: string): void {
    if (this.output.isTTY === true) {
      this.isShown = true;
      this.output.write(`\r\x1b[K${text}`);
    } else {
      this.output.write(`${text}\n`);
    }
  }
}

/** What a line of progress tells: bytes, their whole where known, bytes a second, and ms since the start. */
export interface Standing {
  readonly bytes: number;
  readonly total: number | undefined;
  readonly share: number | undefined;
  readonly rate: number;
  readonly elapsed: number;
}

export function line({ bytes, total, share, rate, elapsed }: Standing): string {
  const parts = [total === undefined ? size(bytes) : `${size(bytes)} of ${size(total)}`, `${size(rate)}/s`];
  if (share === undefined || share <= 0) parts.push(`${clock(elapsed)} so far`);
  else
    parts.push(
      `${clock(total === undefined ? (elapsed / share) * (1 - share) : ((total - bytes) / rate) * 1000)} left`,
    );
  return parts.join('  ');
}

/** `999 B`, `1.0 kB`, `12.3 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 999.95 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `0:07`, `12:30`, `1:02:03`. */
export function clock(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '?';
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
