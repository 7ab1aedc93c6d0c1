import { UsageError } from '../errors';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90s`, `10m`, `8h`, `1d`, `1h30m` in seconds. @throws UsageError, also for none at all */
export function parseDuration(text: string, option: string): number {
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  const seconds = parts.reduce((sum, [, n, unit]) => sum + Number(n) * SECONDS[unit as keyof typeof SECONDS], 0);
  if (parts.map(([part]) => part).join('') !== text || seconds === 0) {
    throw new UsageError(`--${option} cannot be ${JSON.stringify(text)}`, 'Give a time such as 90s, 10m, 8h or 1h30m');
  }
  return seconds;
}

/** The two largest units: `8 h`, `1 h 30 min`, `45 s`. */
export function words(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const units = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  const shown = first < 0 ? [units[3]] : units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
