import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { beginFolder } from '../../../src/transfer/files/partial-folder';
import { get } from '../../../src/transfer/files/get';
import { parcelOf, put } from '../../../src/transfer/files/put';
import { beginFile } from '../../../src/transfer/partial-file';
import type { Run } from '../../../src/transfer/run';
import { spooled } from '../../../src/transfer/spool';
import { temporaryDirectory } from '../../support/bastion';
import { eventually } from '../../support/eventually';
import { containerWith, REMOTE_SHELLS } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { runThrough } from '../../support/transfer';

const FAST = { firstOutputDelayMs: 0, readPauseMs: 0 };
const UMASKS = [0o022, 0o077, 0o000];
const modifiedAt = new Date(1_500_000_000_000);
const { signal } = new AbortController();

let folder: string;
let umask: number;

beforeEach(() => {
  folder = temporaryDirectory();
  umask = process.umask(0o022);
});

afterEach(() => {
  process.umask(umask);
});

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);
const at = (...names: readonly string[]): string => join(folder, ...names);
/** What has no final name yet. */
const partial = (): string => at(readdirSync(folder).find((name) => name.endsWith('.part')) ?? 'nothing');

function existing(name: string, mode: number): void {
  writeFileSync(at(name), 'old');
  chmodSync(at(name), mode);
}

describe.each(UMASKS)('with the umask %#', (mask) => {
  const less = (mode: number): string => (mode & ~mask).toString(8);

  beforeEach(() => {
    process.umask(mask);
  });

  it.each([
    ['a new file', undefined, undefined, '600'],
    ['a copy of one that all may read', undefined, 0o666, less(0o666)],
    ['a copy of one that runs as its owner', undefined, 0o6755, less(0o755)],
    ['one in the place of a private one', 0o600, undefined, '600'],
    ['one in the place of one that all may read', 0o644, undefined, '644'],
    ['a copy of a public one, in the place of a private one', 0o600, 0o666, '600'],
    ['a copy of a private one, in the place of a public one', 0o664, 0o600, '664'],
  ] as const)('%s is private until it is whole', async (_name, replaced, mode, expected) => {
    if (replaced !== undefined) existing('file', replaced);
    await using file = await beginFile(at('file'), { replace: true });
    expect(modeOf(partial())).toBe('600');
    file.sink.end('bytes');
    await once(file.sink, 'finish');
    expect(modeOf(partial())).toBe('600');
    await file.keep(mode === undefined ? undefined : { mode, modifiedAt });
    expect([modeOf(at('file')), readFileSync(at('file'), 'utf8'), readdirSync(folder)]).toEqual([
      expected,
      'bytes',
      ['file'],
    ]);
  });

  it.each([0o777, 0o1777, 0o2775, 0o700])('a folder is private until it is whole (mode %#)', async (mode) => {
    await using made = await beginFolder(at('folder'), { replace: false });
    expect(modeOf(made.path)).toBe('700');
    await made.keep({ mode, modifiedAt });
    expect(modeOf(at('folder'))).toBe(less(mode & 0o777));
  });

  it('into a folder that is there files come with the modes of those they replace', async () => {
    mkdirSync(at('folder'));
    chmodSync(at('folder'), 0o750);
    existing('folder/private', 0o600);
    existing('folder/public', 0o644);
    symlinkSync('private', at('folder/link'));
    await using made = await beginFolder(at('folder'), { replace: true });
    for (const name of ['private', 'public', 'link', 'new']) {
      writeFileSync(join(made.path, name), 'new');
      chmodSync(join(made.path, name), 0o640);
    }
    await made.keep({ mode: 0o777, modifiedAt });
    const names = ['', 'private', 'public', 'link', 'new'];
    expect(names.map((name) => modeOf(at('folder', name)))).toEqual(['750', '600', '644', '640', '640']);
  });

  it('what is kept to be read twice is nobody else’s', async () => {
    await using spool = await spooled(Readable.from([Buffer.from('bytes')]));
    expect([modeOf(spool.path), modeOf(join(spool.path, '..'))]).toEqual([less(0o600), less(0o700)]);
  });
});

describe.each(REMOTE_SHELLS.map((shell) => [shell, containerWith(shell)] as const))(
  'a task with %s',
  (_, environment) => {
    let gateway: GatewayHarness;
    let there: string;

    beforeAll(async () => {
      gateway = await startGateway(FAST);
    });

    afterAll(() => gateway[Symbol.asyncDispose]());

    beforeEach(() => {
      there = temporaryDirectory();
    });

    const send = async (path: string, target: string, run = runThrough(gateway, environment)): Promise<void> => {
      const parcel = await parcelOf([{ path, name: basename(path) }], { keepLinks: false, signal });
      const how = { target, intoFolder: false, force: true, signal, onProgress: () => undefined };
      await put(parcel, { run, ...how });
    };

    it.each(['a file', 'a folder'])('%s is private there until it is whole', async (what) => {
      const source = at('source');
      if (what === 'a folder') {
        mkdirSync(source);
        chmodSync(source, 0o755);
      }
      const file = what === 'a folder' ? join(source, 'file') : source;
      writeFileSync(file, randomBytes(1_000_000));
      chmodSync(file, 0o664);
      const run = runThrough(gateway, environment);
      const seen: string[][] = [];
      // The last bytes wait until somebody has looked.
      async function* watched(input: Readable): AsyncGenerator<Buffer> {
        let before: Buffer | undefined;
        for await (const chunk of input as AsyncIterable<Buffer>) {
          if (before !== undefined) yield before;
          before = chunk;
        }
        const parts = (): readonly string[] => readdirSync(there).filter((name) => name.endsWith('.part'));
        await eventually('bytes that have come', () =>
          parts().some((part) => readdirSync(join(there, part)).includes('0')),
        );
        for (const part of parts()) {
          const inner = what === 'a file' ? [modeOf(join(there, part, '0'))] : [];
          seen.push([modeOf(join(there, part)), ...inner]);
        }
        if (before !== undefined) yield before;
      }
      const watching: Run = (words, streams, stop) =>
        run(words, { ...streams, input: Readable.from(watched(streams.input), { objectMode: false }) }, stop);
      await send(source, there, watching);
      expect(seen).toEqual([what === 'a file' ? ['700', '600'] : ['700']]);
      expect(modeOf(join(there, what === 'a file' ? 'source' : 'source/file'))).toBe('664');
    });

    it('a file in the place of another has the other’s mode, on both sides', async () => {
      mkdirSync(at('tree/sub'), { recursive: true });
      mkdirSync(join(there, 'tree/sub'), { recursive: true });
      for (const name of ['tree/sub/private', 'tree/one', 'single']) {
        existing(name, 0o644);
        writeFileSync(join(there, name), 'old', { mode: 0o600 });
      }
      await send(at('tree'), there);
      await send(at('single'), there);
      const names = ['tree/sub/private', 'tree/one', 'single'];
      expect(names.map((name) => modeOf(join(there, name)))).toEqual(['600', '600', '600']);
      for (const name of names) chmodSync(join(there, name), 0o666);
      for (const name of names) chmodSync(at(name), 0o640);
      const run = runThrough(gateway, environment);
      for (const name of ['tree', 'single']) {
        const what = { path: join(there, name), target: at(name), recursive: true, keepLinks: false, force: true };
        await get({ run, ...what, streams: 1, signal, onProgress: () => undefined });
      }
      expect(names.map((name) => modeOf(at(name)))).toEqual(['640', '640', '640']);
    });
  },
);
