import { finished } from 'node:stream/promises';
import { Said } from '../../../src/transfer/files/refusal';
import { Report } from '../../../src/transfer/report';
import { Collected } from '../../support/exec';

const MEBIBYTE = 1 << 20;

interface Told {
  readonly facts: ReadonlyMap<string, string>;
  readonly others: string;
}

/** What a report makes of pieces. */
async function told(...pieces: readonly string[]): Promise<Told> {
  const others = new Collected();
  const report = new Report('N', others);
  const end = finished(report);
  for (const piece of pieces) report.write(piece);
  report.end();
  await end;
  return { facts: report.facts, others: others.bytes().toString() };
}

it('facts are taken out, the rest goes on', async () => {
  const { facts, others } = await told('one\nN sha', '256 abc\ntw', 'o\nN rows 3 4\nthree');
  expect([[...facts], others]).toEqual([
    [
      ['sha256', 'abc'],
      ['rows', '3 4'],
    ],
    'one\ntwo\nthree',
  ]);
});

it('a line that is longer than a mebibyte is passed on before its end, byte for byte', async () => {
  const long = 'x'.repeat(MEBIBYTE);
  const { facts, others } = await told('before\n', long, 'more', `more\nN rows 1\n${long}`, long, '\nN sha256 a\n');
  expect(others === `before\n${long}moremore\n${long}${long}\n`).toBe(true);
  expect([...facts.keys()]).toEqual(['rows', 'sha256']);
});

it('of a line without an end no more than that is kept', async () => {
  const others = new Collected();
  const report = new Report('N', others);
  for (let n = 0; n < 64; n += 1) report.write('x'.repeat(1 << 16));
  await new Promise((resolve) => report.write('', resolve));
  expect(others.bytes().length).toBeGreaterThanOrEqual(3 * MEBIBYTE);
  report.destroy();
});

it('a fact without an end is no fact', async () => {
  await expect(told('N rows ', '1'.repeat(MEBIBYTE))).rejects.toThrow('A line that the task sends has no end');
});

it('a task that says more facts than there are is not listened to', async () => {
  const facts = Array.from({ length: 200 }, (_, n) => `N fact${n} 1\n`);
  await expect(told(...facts)).rejects.toThrow('The task says more than there is to know');
});

it('of what programs say, so much is kept as anybody reads', () => {
  const said = new Said();
  for (let n = 0; n < 3; n += 1) said.write('x'.repeat(15_000));
  expect(said.text).toHaveLength(20_000);
});
