import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { PlacedErrors } from '../../../src/psql/error-places';
import { FilesBack } from '../../../src/psql/files-back';
import { jsonMarks } from '../../../src/psql/json-marks';
import { JsonResults } from '../../../src/psql/json-results';
import { Collected } from '../../support/exec';

const MEBIBYTE = 1 << 20;

async function written(stream: Writable, pieces: Iterable<string | Buffer>): Promise<void> {
  const end = finished(stream);
  end.catch(() => undefined); // it is awaited below
  for (const piece of pieces) {
    if (stream.destroyed) break;
    await new Promise((resolve) => stream.write(piece, resolve));
  }
  stream.end();
  await end;
}

describe('what psql prints is kept as far as it is needed, however much it is:', () => {
  it('a row for JSON is one of 64 MiB at most', async () => {
    const results = new JsonResults(jsonMarks('N'), new Collected(), new Collected());
    const chunk = Buffer.alloc(MEBIBYTE, 'x');
    await expect(written(results, ['N rows\nc\n"', ...Array<Buffer>(65).fill(chunk)])).rejects.toThrow(
      'A row has more than 64 MiB, too much for --json',
    );
  });

  it('a result for JSON has no more columns than PostgreSQL can make', async () => {
    const results = new JsonResults(jsonMarks('N'), new Collected(), new Collected());
    const columns = Array.from({ length: 2000 }, (_, n) => `c${n},text\n`).join('');
    await expect(written(results, [`N columns\nColumn,Type\n${columns}`])).rejects.toThrow('more than 1664 columns');
  });

  it('the header of a file has an end', async () => {
    const files = new FilesBack('N', new Collected(), () => new Collected());
    await expect(written(files, ['N out.', '1'.repeat(100), '1'.repeat(100)])).rejects.toThrow(
      'the header of a file has no end',
    );
  });

  it('a long line of errors goes on before its end, byte for byte, and the next is looked at again', async () => {
    const output = new Collected();
    const placeOf = (): { file: string; line: number } => ({ file: 'a.sql', line: 7 });
    const errors = new PlacedErrors(output, { nonce: 'N', placeOf, onFact: () => undefined });
    const long = 'x'.repeat(MEBIBYTE);
    const gone: number[] = [];
    for (const piece of [`psql:N.0:1: ${long}`, long, long]) {
      await new Promise((resolve) => errors.write(piece, resolve));
      gone.push(Math.floor(output.bytes().length / MEBIBYTE));
    }
    expect(gone).toEqual([1, 2, 3]);
    await written(errors, ['\npsql:N.0:2: short\n']);
    expect(output.bytes().toString() === `psql:a.sql:7: ${long}${long}${long}\npsql:a.sql:7: short\n`).toBe(true);
  });
});
