import { appendFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { get, type GetOptions } from '../../../src/transfer/files/get';
import { parcelOf, put, type PutOptions } from '../../../src/transfer/files/put';
import { RemoteFailure } from '../../../src/transfer/files/refusal';
import type { Run } from '../../../src/transfer/run';
import { temporaryDirectory } from '../../support/bastion';
import { eventually } from '../../support/eventually';
import { containerWith, REMOTE_SHELLS } from '../../support/exec';
import { type GatewayHarness, startGateway } from '../../support/gateway';
import { generator, someBytes } from '../../support/random';
import { runThrough } from '../../support/transfer';
import { listing, makeTree, ODD_NAMES } from '../../support/tree';

const FAST = { firstOutputDelayMs: 0, readPauseMs: 0 };
const CUTS = 20;
const { signal } = new AbortController();

let gateway: GatewayHarness;
let here: string;
let there: string;

beforeAll(async () => {
  gateway = await startGateway(FAST);
});

afterAll(() => gateway[Symbol.asyncDispose]());

beforeEach(() => {
  gateway.setFaults(FAST);
  here = temporaryDirectory();
  there = temporaryDirectory();
});

interface Container {
  readonly environment: NodeJS.ProcessEnv;
  readonly onResume?: () => void;
}

async function bring(
  path: string,
  target: string,
  { environment, onResume }: Container,
  more: Partial<GetOptions> = {},
): ReturnType<typeof get> {
  const run = runThrough(gateway, environment, onResume);
  const progress = { onProgress: () => undefined };
  return await get({
    run,
    path,
    target,
    recursive: true,
    keepLinks: true,
    force: false,
    streams: 1,
    signal,
    ...progress,
    ...more,
  });
}

async function send(
  paths: readonly string[],
  target: string,
  { environment, onResume }: Container,
  more: Partial<PutOptions> = {},
): ReturnType<typeof put> {
  const parcel = await parcelOf(
    paths.map((path) => ({ path, name: basename(path) })),
    { keepLinks: true, signal },
  );
  const run = runThrough(gateway, environment, onResume);
  const progress = { onProgress: () => undefined };
  return await put(parcel, { run, target, intoFolder: paths.length > 1, force: false, signal, ...progress, ...more });
}

const ALL = REMOTE_SHELLS.map((shell) => [shell, containerWith(shell)] as const);
const AMAZON_LINUX = containerWith('bash', { without: ['tar', 'gzip', 'find', 'xargs'] });
const WITHOUT_ARCHIVER = containerWith('dash', { without: ['tar', 'python3'] });
/** Those that have to do with a shell; as the names of single files, which stand in a script. */
const WORST_NAMES = ODD_NAMES.filter((name) => /^ $|\n|\$|^-|^n+$|^長+$/.test(name));
const ASCII = ODD_NAMES.filter((name) => /^[ -~]{1,80}$/.test(name));

describe.each([...ALL, ['bash, without tar and gzip but with Python', AMAZON_LINUX]] as const)(
  'with %s',
  (_name, environment) => {
    it.each([0, 1, 1_000_003])('a file of %d bytes', async (length) => {
      const [file, back] = [join(here, 'file'), join(here, 'back')];
      writeFileSync(file, someBytes(length, length), { mode: 0o640 });
      await send([file], there, { environment });
      const { bytes, files } = await bring(join(there, 'file'), back, { environment });
      expect([bytes, files, readdirSync(there)]).toEqual([length, undefined, ['file']]);
      expect(listing(join(there, 'file'))).toEqual(listing(file));
      expect(listing(back)).toEqual(listing(file));
    });

    it('a folder with all that is odd', async () => {
      const [tree, back] = [join(here, 'tree'), join(here, 'back')];
      makeTree(tree, { files: 30, largeBytes: 300_000, names: ODD_NAMES });
      await send([tree], there, { environment });
      expect(readdirSync(there)).toEqual(['tree']);
      expect(listing(join(there, 'tree'))).toEqual(listing(tree));
      await bring(join(there, 'tree'), back, { environment });
      expect(listing(back)).toEqual(listing(tree));
      expect(readdirSync(here).toSorted()).toEqual(['back', 'tree']);
    });

    it.each(WORST_NAMES)('a file called %j', async (name) => {
      const [file, back] = [join(here, name), join(here, 'back')];
      writeFileSync(file, name);
      await send([file], there, { environment });
      await bring(join(there, name), back, { environment });
      expect([readdirSync(there), readFileSync(back, 'utf8')]).toEqual([[name], name]);
    });

    it('several files and folders at once', async () => {
      const names = ['a', '-b', 'ü', 'folder'];
      for (const name of names.slice(0, 3)) writeFileSync(join(here, name), name);
      mkdirSync(join(here, 'folder/in it'), { recursive: true });
      await send(
        names.map((name) => join(here, name)),
        there,
        { environment },
      );
      for (const name of names) expect(listing(join(there, name))).toEqual(listing(join(here, name)));
      expect(readdirSync(there)).toEqual(readdirSync(here));
    });

    it('a folder into one that is there: what is in both is replaced, the rest stays', async () => {
      makeTree(join(here, 'tree'), { files: 3, largeBytes: 10, names: ASCII });
      for (const place of [join(there, 'tree'), join(here, 'back')]) {
        mkdirSync(join(place, 'small/0'), { recursive: true });
        writeFileSync(join(place, 'small/0/0.txt'), 'old');
        writeFileSync(join(place, 'small/0/other'), 'other');
        symlinkSync('old', join(place, 'link'));
      }
      await send([join(here, 'tree')], there, { environment }, { force: true });
      await bring(join(here, 'tree'), join(here, 'back'), { environment }, { force: true });
      const files = (lines: readonly string[]): readonly string[] => lines.filter((line) => !/ folder \d/.test(line));
      const all = [...files(listing(join(here, 'tree')))];
      for (const place of [join(there, 'tree'), join(here, 'back')]) {
        expect(readFileSync(join(place, 'small/0/other'), 'utf8')).toBe('other');
        expect(files(listing(place)).filter((line) => !line.startsWith('small/0/other'))).toEqual(all);
      }
    });

    it.each(['a file where a folder should go', 'a folder where a file should go'])(
      '%s keeps all as it was',
      async (name) => {
        mkdirSync(join(here, 'tree'));
        writeFileSync(join(here, 'tree/a'), 'new');
        const [one, other] = name.startsWith('a file') ? (['folder', 'file'] as const) : (['file', 'folder'] as const);
        const make = (path: string, kind: string): void => {
          if (kind === 'folder') mkdirSync(path, { recursive: true });
          else writeFileSync(path, '');
        };
        make(join(here, 'tree/z'), one);
        for (const place of [join(there, 'tree'), join(here, 'back')]) {
          mkdirSync(place);
          writeFileSync(join(place, 'a'), 'old');
          make(join(place, 'z'), other);
        }
        const before = [listing(join(there, 'tree')), listing(join(here, 'back'))];
        await expect(send([join(here, 'tree')], there, { environment }, { force: true })).rejects.toMatchObject({
          refusal: 'clash',
        });
        await expect(bring(join(here, 'tree'), join(here, 'back'), { environment }, { force: true })).rejects.toThrow(
          /nothing was kept/,
        );
        expect([listing(join(there, 'tree')), listing(join(here, 'back'))]).toEqual(before);
      },
    );
  },
);

it("busybox's own tar, which knows no pax, is good for names that need none", async () => {
  const environment = containerWith('busybox', { without: ['tar', 'python3'] });
  makeTree(join(here, 'tree'), { files: 30, largeBytes: 300_000, names: ASCII });
  await send([join(here, 'tree')], there, { environment });
  // It makes links last of all, in folders that have their time already.
  expect(listing(join(there, 'tree')).slice(1)).toEqual(listing(join(here, 'tree')).slice(1));
  await bring(join(there, 'tree'), join(here, 'back'), { environment });
  expect(listing(join(here, 'back'))).toEqual(listing(join(there, 'tree')));
  writeFileSync(join(here, 'tree/日本'), '');
  await expect(send([join(here, 'tree')], join(there, 'other'), { environment })).rejects.toMatchObject({
    refusal: 'archiver',
  });
  expect(readdirSync(there)).toEqual(['tree']);
});

it('without tar and Python files go, and folders do not', async () => {
  const environment = WITHOUT_ARCHIVER;
  writeFileSync(join(here, 'file'), 'file');
  await send([join(here, 'file')], there, { environment });
  await bring(join(there, 'file'), join(here, 'back'), { environment });
  expect(readFileSync(join(here, 'back'), 'utf8')).toBe('file');
  mkdirSync(join(here, 'folder'));
  await expect(send([join(here, 'folder')], there, { environment })).rejects.toMatchObject({ refusal: 'archiver' });
  await expect(bring(here, join(here, 'again'), { environment })).rejects.toMatchObject({ refusal: 'archiver' });
  expect([readdirSync(there), readdirSync(here).toSorted()]).toEqual([['file'], ['back', 'file', 'folder']]);
});

describe.each([...ALL, ['Python', AMAZON_LINUX]] as const)('a folder in the task, with %s', (_name, environment) => {
  it('its sockets, pipes and devices stay, and that is said', async () => {
    execFileSync('mkfifo', [join(there, 'pipe')]);
    writeFileSync(join(there, 'file'), '');
    const { files, skipped, said } = await bring(there, join(here, 'back'), { environment });
    expect([files, readdirSync(join(here, 'back'))]).toEqual([1, ['file']]);
    expect(`${skipped.join()}${said}`).toContain('pipe');
  });

  it('hard links become files with the same bytes', async () => {
    writeFileSync(join(there, 'one'), 'bytes');
    execFileSync('ln', [join(there, 'one'), join(there, 'two')]);
    symlinkSync('one', join(there, 'link'));
    execFileSync('ln', ['-P', join(there, 'link'), join(there, 'link two')]);
    await bring(there, join(here, 'back'), { environment });
    expect(listing(join(here, 'back'))).toEqual(listing(there));
  });
});

it.each([...ALL, ['Python', AMAZON_LINUX]] as const)(
  'a name that is not UTF-8 is refused, with %s',
  async (_name, environment) => {
    const name = Buffer.from('caf\xe9.csv', 'latin1');
    for (const place of [here, there]) {
      mkdirSync(join(place, 'folder'));
      writeFileSync(Buffer.concat([Buffer.from(`${place}/folder/`), name]), '');
    }
    await expect(send([join(here, 'folder')], join(there, 'new'), { environment })).rejects.toThrow(/is not UTF-8/);
    await expect(bring(join(there, 'folder'), join(here, 'new'), { environment })).rejects.toThrow(/is not UTF-8/);
    expect([readdirSync(here), readdirSync(there)]).toEqual([['folder'], ['folder']]);
  },
);

describe('a user in the task who may not do all', () => {
  const nobody = (environment: NodeJS.ProcessEnv): Run => {
    const run = runThrough(gateway, environment);
    return (words, streams, stop) => run(['setpriv', '--reuid=65534', '--clear-groups', ...words], streams, stop);
  };

  it('may not read', async () => {
    const environment = containerWith('dash');
    writeFileSync(join(there, 'secret'), 'secret', { mode: 0o600 });
    mkdirSync(join(there, 'closed'), { mode: 0o700 });
    const run = nobody(environment);
    for (const path of ['secret', 'closed']) {
      await expect(bring(join(there, path), join(here, path), { environment }, { run })).rejects.toMatchObject({
        refusal: 'denied',
      });
    }
    await expect(bring(there, join(here, 'all'), { environment }, { run })).rejects.toMatchObject({
      refusal: undefined,
      said: expect.stringContaining('Permission denied') as string,
    });
    expect(readdirSync(here)).toEqual([]);
  });

  it('may not write', async () => {
    const environment = containerWith('dash');
    writeFileSync(join(here, 'file'), 'file');
    const run = nobody(environment);
    await expect(send([join(here, 'file')], there, { environment }, { run })).rejects.toMatchObject({
      refusal: 'denied',
    });
    expect(readdirSync(there)).toEqual([]);
  });
});

describe('bytes that change while they are read', () => {
  it('here: nothing is kept there', async () => {
    const file = join(here, 'file');
    writeFileSync(file, someBytes(3_000_000, 1));
    let isFirst = true;
    const onProgress = (): void => {
      if (isFirst) appendFileSync(file, 'more');
      isFirst = false;
    };
    const environment = containerWith('dash');
    await expect(send([file], there, { environment }, { onProgress })).rejects.toThrow(
      /file changed while it was read/,
    );
    await eventually('an empty folder', () => readdirSync(there).length === 0);
    await send([file], there, { environment });
    expect(listing(join(there, 'file'))).toEqual(listing(file));
  });

  it.each([
    ['a file', 'tar'],
    ['a folder', 'tar'],
    ['a folder', 'Python'],
  ])('there, in %s with %s: nothing is kept here', async (what, program) => {
    const file = join(there, 'file');
    writeFileSync(file, someBytes(6_000_000, 1));
    let isFirst = true;
    const onProgress = (): void => {
      if (isFirst) appendFileSync(file, 'more');
      isFirst = false;
    };
    const environment = program === 'tar' ? containerWith('dash') : AMAZON_LINUX;
    const failure = bring(what === 'a file' ? file : there, join(here, 'back'), { environment }, { onProgress });
    await expect(failure).rejects.toBeInstanceOf(RemoteFailure);
    await expect(failure).rejects.toMatchObject(
      what === 'a file'
        ? { refusal: 'changed' }
        : { said: expect.stringContaining('file changed as we read it') as string },
    );
    expect(readdirSync(here)).toEqual([]);
  });
});

describe(`${CUTS} cuts of the connection, each at another moment`, () => {
  const container = (): Container & { readonly cuts: () => number } => {
    const random = generator(7);
    let cuts = 0;
    const next = (): void => {
      gateway.setFaults({
        ...FAST,
        bytesPerSecond: 1_000_000,
        cutEveryMs: cuts < CUTS ? 20 + Math.floor(random() * 200) : 0,
      });
    };
    next();
    return {
      environment: AMAZON_LINUX,
      cuts: () => cuts,
      onResume: () => {
        cuts += 1;
        next();
      },
    };
  };

  it.each(['in', 'out'])(
    'on the way %s',
    async (direction) => {
      makeTree(join(here, 'tree'), { files: 100, largeBytes: 4_000_000, names: ODD_NAMES });
      const cut = container();
      const run = runThrough(gateway, cut.environment, cut.onResume);
      // Only one way has a limit of speed: the other waits for the next cut now and then.
      const slowly: Run = (words, streams, stop) =>
        run(words, { ...streams, input: held(streams.input, cut.cuts) }, stop);
      if (direction === 'in') await send([join(here, 'tree')], there, cut, { run: slowly });
      else await bring(join(here, 'tree'), join(there, 'tree'), cut);
      expect(cut.cuts()).toBeGreaterThanOrEqual(CUTS);
      expect(listing(join(there, 'tree'))).toEqual(listing(join(here, 'tree')));
      expect(readdirSync(there)).toEqual(['tree']);
    },
    120_000,
  );
});

/** Lets a piece through for each cut that there was, and the rest after the last. */
function held(source: Readable, cuts: () => number): Readable {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const due = Math.min(CUTS, Math.floor(bytes / 50_000));
      await eventually(`cut ${due}`, () => cuts() >= due);
      yield chunk;
    }
  };
  return Readable.from(pieces(), { objectMode: false });
}
