import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from '../../../docs/recording/recording';
import { asSvg } from '../../../docs/recording/svg';
import { requirePython } from '../../../src/local-aws/tools';
import { PROJECT } from '../../support/helper';

const COUNT = 'import sys, xml.etree.ElementTree as E; print(len(list(E.fromstring(sys.stdin.buffer.read()).iter())))';
/** How many elements it has. @throws when it is no XML */
const elementsOf = (svg: string): number => Number(execFileSync(requirePython(), ['-c', COUNT], { input: svg }));

const frame = (at: number, ...lines: string[]): Frame => ({ at, lines, cursor: { column: 0, row: lines.length } });

it('shows each state of the terminal once, and shortens long waits', () => {
  const frames = [frame(0, '$'), frame(100, '$ a <b> & "c"'), frame(120, '$ a <b> & "c"'), frame(60_000, '$', '')];
  const svg = asSvg(frames, { columns: 80, rows: 2 });
  expect(elementsOf(svg)).toBeGreaterThan(10);
  expect(svg.match(/<g>/g)).toHaveLength(3);
  expect(svg).toContain('$ a &lt;b&gt; &amp;');
  // 2.62 s until the last frame, and 4 s of rest.
  expect(svg).toContain('animation:film 6.62s');
});

it('the one in the documents is of a whole session, and has no path of a machine', () => {
  const svg = readFileSync(join(PROJECT, 'docs/session.svg'), 'utf8');
  expect(elementsOf(svg)).toBeGreaterThan(100);
  for (const text of ['npm run connect -- psql', 'mydb=&gt;', 'Dumped into orders.dump', 'SHA-256']) {
    expect(svg).toContain(text);
  }
  expect(svg).not.toMatch(/\/(tmp|home|root|work)\//);
});

it('the one of a review shows what a reviewer has to see', () => {
  const svg = readFileSync(join(PROJECT, 'docs/review.svg'), 'utf8');
  expect(elementsOf(svg)).toBeGreaterThan(10);
  for (const text of ['npm run review', 'destroyed and created again', 'THE WHOLE INTERNET', '(+292.00)']) {
    expect(svg).toContain(text);
  }
  expect(svg).not.toMatch(/\/(home|root|tmp|work)\//);
});
