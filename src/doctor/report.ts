import { printable, printableLine } from '../printable';
import type { CheckResult, CheckStatus } from './check';

/** What `--json` prints. */
export interface Report {
  /** The worst of the checks; those that were skipped say nothing. */
  readonly status: Exclude<CheckStatus, 'skipped'>;
  readonly checks: readonly CheckResult[];
}

export function asReport(checks: readonly CheckResult[]): Report {
  const status = (['failed', 'warning'] as const).find((one) => checks.some((check) => check.status === one)) ?? 'ok';
  return { status, checks };
}

const WORDS: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  skipped: 'skipped',
};
const STATUS_WIDTH = 7;
const TITLE_WIDTH = 33;

/** One check as text: a line, and one below it for what is not in order. Widths are fixed, so that each can be printed at once. */
export function asText({ status, title, found, remedy }: CheckResult): string {
  const line = `${WORDS[status].padEnd(STATUS_WIDTH)}  ${title.padEnd(TITLE_WIDTH)}  ${printableLine(found)}\n`;
  if (status === 'ok' || remedy === '') return line;
  const indent = ' '.repeat(STATUS_WIDTH + TITLE_WIDTH + 4);
  return `${line}${printable(remedy)
    .split('\n')
    .map((one) => `${indent}${one}\n`)
    .join('')}`;
}

/** `26 checks: 22 ok, 1 warning, 1 failed, 2 skipped` */
export function summary(checks: readonly CheckResult[]): string {
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length;
  const warnings = count('warning');
  const parts = [
    `${count('ok')} ok`,
    `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
    `${count('failed')} failed`,
    `${count('skipped')} skipped`,
  ];
  return `${checks.length} checks: ${parts.join(', ')}\n`;
}
