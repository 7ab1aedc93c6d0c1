import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { beginFile, explained } from '../../../src/transfer/partial-file';
import { get } from '../../../src/transfer/files/get';
import { receive } from '../../../src/transfer/receive';
import type { Run } from '../../../src/transfer/run';
import { UserError } from '../../../src/errors';
import { RemoteFailure } from '../../../src/transfer/files/refusal';
import { temporaryDirectory } from '../../support/bastion';
import { Collected } from '../../support/exec';
import { generator, someBytes } from '../../support/random';

/** With `SEEDS=500` as many as one likes. */
const SEEDS = Number(process.env.SEEDS ?? 100);
const MOST_HEAP_BYTES = 200 << 20;
const { signal } = new AbortController();

type Random = () => number;
/** What the container's side answers: its standard output and error, and its exit code. */
interface Answer {
  output: Buffer;
  error: Buffer;
  exitCode: number;
}

const below = (random: Random, most: number): number => Math.floor(random() * most);
const oneOf = <T>(random: Random, list: readonly T[]): T | undefined => list[below(random, list.length)];

/** Names that a folder may have, and names that it may not. */
const NAMES = [
  'a',
  'a/b',
  './c',
  'ü',
  '..',
  '../outside',
  'a/../../outside',
  '/outside',
  'x'.repeat(300),
  '\x1b[0m',
  'n\nl',
  '',
];
const TYPES = ['file', 'directory', 'symlink', 'link', 'fifo', 'block-device'] as const;

async function archive(random: Random): Promise<Buffer> {
  const tar = pack();
  for (let n = below(random, 8); n >= 0; n -= 1) {
    const type = oneOf(random, TYPES) ?? 'file';
    const header: Header = { ...({} as Header), name: oneOf(random, NAMES) ?? 'a', type, mode: below(random, 0o10000) };
    if (type === 'symlink' || type === 'link') header.linkname = oneOf(random, NAMES) ?? 'a';
    if (type === 'file') tar.entry(header, someBytes(below(random, 2000), n));
    else tar.entry(header);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a program in the container would write. */
async function body(kind: string, random: Random): Promise<Buffer> {
  const content = someBytes(below(random, 5000), 3);
  if (kind === 'cp -r') return Buffer.concat([Buffer.from('folder 755 1500000000 100\n'), await archive(random)]);
  if (kind === 'cp') return Buffer.concat([Buffer.from(`file 644 1500000000 ${content.length}\n`), content]);
  return content;
}

/** Changes that a broken or a lying container could make; the first makes none. */
const CHANGES: readonly ((answer: Answer, random: Random) => void)[] = [
  () => undefined,
  (answer, random) => (answer.output = answer.output.subarray(0, below(random, answer.output.length))),
  (answer, random) => {
    for (let n = below(random, 10); n >= 0; n -= 1)
      answer.output[below(random, answer.output.length)] = below(random, 256);
  },
  (answer, random) => (answer.output = Buffer.concat([answer.output, someBytes(below(random, 3000), 4)])),
  (answer, random) => (answer.error = answer.error.subarray(0, below(random, answer.error.length))),
  (answer) => (answer.error = Buffer.from(answer.error.toString().replace(/[0-9a-f]{64}/, '0'.repeat(64)))),
  (answer, random) => (answer.error = Buffer.concat([Buffer.alloc(below(random, 4 << 20), 'e'), answer.error])),
  (answer, random) => (answer.output = Buffer.alloc(below(random, 4 << 20), 'o')),
  (answer, random) => (answer.exitCode = below(random, 256)),
];

/** As `runExec`: whoever does not read holds it back, until the transfer is given up. */
async function write(stream: Writable, bytes: Buffer, stop: AbortSignal): Promise<void> {
  stop.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      reject(stop.reason as Error);
    };
    stop.addEventListener('abort', onAbort, { once: true });
    stream.write(bytes, (error) => {
      stop.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** A container that answers like this, in pieces of any size; it says what it sent. */
function container(kind: string, random: Random): Run {
  return async (words, streams, stop) => {
    const nonce = words[4] ?? '';
    const bytes = await body(kind, random);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const isPacked = random() < 0.5;
    const answer: Answer = {
      output: Buffer.concat([
        Buffer.from(`${nonce} ${isPacked ? 'gzip' : 'plain'}\n`),
        isPacked ? gzipSync(bytes) : bytes,
      ]),
      error: Buffer.from(`warning\n${nonce} sha256 ${sha256}\n`),
      exitCode: 0,
    };
    (oneOf(random, CHANGES) ?? CHANGES[0])?.(answer, random);
    for (const [stream, text] of [
      [streams.output, answer.output],
      [streams.errorOutput, answer.error],
    ] as const) {
      for (let at = 0; at < text.length;) {
        const next = at + 1 + below(random, 100_000);
        await write(stream, text.subarray(at, next), stop);
        at = next;
      }
    }
    return answer.exitCode;
  };
}

/** As `dump` and `copy-out` do. */
async function download(run: Run, target: string): Promise<void> {
  await using partial = await beginFile(target, { replace: false });
  try {
    const what = { words: ['pg_dump'], input: Readable.from([]), streams: 1, compress: true, signal };
    const { exitCode } = await receive({ run, ...what, sink: partial.sink, errorOutput: new Collected() });
    if (exitCode !== 0) throw new UserError(`the exit code is ${exitCode}`);
    await partial.keep();
  } catch (error) {
    throw explained(error, target);
  }
}

async function copy(run: Run, target: string, recursive: boolean): Promise<void> {
  const how = { recursive, keepLinks: false, force: false, streams: 1, signal, onProgress: () => undefined };
  await get({ run, path: '/what', target, ...how });
}

describe.each(['cp', 'cp -r', 'dump'])('%s', (kind) => {
  it(
    `ends well, or with a word and nothing left, whatever ${SEEDS} containers answer`,
    async () => {
      const ends = { well: 0, named: 0 };
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const outside = temporaryDirectory();
        const folder = join(outside, 'here');
        mkdirSync(folder);
        writeFileSync(join(outside, 'outside'), 'precious');
        const run = container(kind, generator(seed));
        const target = join(folder, 'target');
        const failure = await (kind === 'dump' ? download(run, target) : copy(run, target, kind === 'cp -r')).then(
          () => undefined,
          (error: unknown) => error,
        );
        const left = readdirSync(folder);
        expect([seed, readdirSync(outside).toSorted(), readFileSync(join(outside, 'outside'), 'utf8')]).toEqual([
          seed,
          ['here', 'outside'],
          'precious',
        ]);
        if (failure === undefined) {
          ends.well += 1;
          expect([seed, left]).toEqual([seed, ['target']]);
        } else {
          ends.named += 1;
          const isNamed = failure instanceof UserError || failure instanceof RemoteFailure;
          expect([seed, isNamed ? 'named' : failure, left]).toEqual([seed, 'named', []]);
        }
        expect(process.memoryUsage().arrayBuffers).toBeLessThan(MOST_HEAP_BYTES);
      }
      expect(ends.well).toBeGreaterThan(0);
      expect(ends.named).toBeGreaterThan(SEEDS / 4);
    },
    60_000 + SEEDS * 500,
  );
});
