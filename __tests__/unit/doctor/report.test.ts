import type { CheckResult } from '../../../src/doctor/check';
import { asReport, asText, summary } from '../../../src/doctor/report';

const ok: CheckResult = { id: 'a', title: 'Cluster', status: 'ok', found: 'It is active', remedy: '' };
const warning: CheckResult = { ...ok, id: 'b', status: 'warning', found: 'It is wide', remedy: 'Narrow it' };
const failed: CheckResult = { ...ok, id: 'c', status: 'failed', found: 'It is gone', remedy: 'Deploy\nor wait' };
const skipped: CheckResult = { ...ok, id: 'd', status: 'skipped', found: 'Not seen' };

it('has a line for each check, and lines below it for what to do', () => {
  const text = [ok, warning, failed, skipped].map(asText).join('');
  const column = ' '.repeat(44);
  expect(text.split('\n')).toEqual([
    `ok       Cluster${' '.repeat(28)}It is active`,
    `warning  Cluster${' '.repeat(28)}It is wide`,
    `${column}Narrow it`,
    `FAILED   Cluster${' '.repeat(28)}It is gone`,
    `${column}Deploy`,
    `${column}or wait`,
    `skipped  Cluster${' '.repeat(28)}Not seen`,
    '',
  ]);
});

it('counts', () => {
  expect(summary([ok, ok, warning, skipped])).toBe('4 checks: 2 ok, 1 warning, 0 failed, 1 skipped\n');
});

it.each([
  [[ok, skipped], 'ok'],
  [[ok, warning], 'warning'],
  [[failed, warning, ok], 'failed'],
])('the JSON has the worst of the checks, and all of them %#', (checks, status) => {
  expect(asReport(checks)).toEqual({ status, checks });
});
