import { type Finding, open } from './check';

/** Findings as a person reads them, those that are suppressed last. */
export function report(findings: readonly Finding[]): string {
  const wrong = open(findings);
  const kept = findings.filter(({ suppressed }) => suppressed !== undefined);
  const lines = [
    ...wrong.flatMap(({ rule, also, address, what, remedy }) => [
      [rule, ...(also.length === 0 ? [] : [`(${also.join(', ')})`]), address].join(' '),
      `  ${what}.`,
      `  ${remedy}.`,
    ]),
    ...kept.map(({ rule, address, suppressed = '' }) => `suppressed: ${rule} ${address}\n  ${suppressed}.`),
    `${wrong.length} ${wrong.length === 1 ? 'finding' : 'findings'}, ${kept.length} suppressed`,
  ];
  return `${lines.join('\n')}\n`;
}
