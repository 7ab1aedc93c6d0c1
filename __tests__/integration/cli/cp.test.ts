import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { eventually } from '../../support/eventually';
import { CONNECT, PROJECT, runHelper, startHelper } from '../../support/helper';
import { someBytes } from '../../support/random';
import { listing, makeTree, ODD_NAMES } from '../../support/tree';

const QUICK = { ...FAST, readPauseMs: 0 };

let bastion: Bastion;
let task: string;
let here: string;
let there: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: QUICK });
  task = await startTask(bastion);
}, 120_000);

afterAll(() => bastion[Symbol.asyncDispose](), 60_000);

beforeEach(() => {
  bastion.aws.setFaults(QUICK);
  here = temporaryDirectory();
  there = temporaryDirectory();
});

const words = (...argv: readonly string[]): readonly string[] => ['--outputs', bastion.outputsFile, ...argv];
const cp = (...argv: readonly string[]): ReturnType<typeof runHelper> =>
  runHelper(words('--task', task, 'cp', ...argv), bastion.aws.environment, here);
const names = (folder: string): readonly string[] => readdirSync(folder).toSorted();

/** A shell that stands on `here`, with files in it. */
function write(files: Readonly<Record<string, string>>, folder = here): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

describe('what goes where', () => {
  it('a file into a folder, or to a new name', async () => {
    write({ 'a.txt': 'a' });
    const { exitCode, output, story } = await cp('a.txt', `:${there}/`);
    expect([exitCode, output]).toEqual([0, '']);
    expect(story).toContain(`Copied a.txt to :${there}/a.txt: 1 B in 0:0`);
    expect((await cp('a.txt', `:${there}/b.txt`)).exitCode).toBe(0);
    expect(names(there)).toEqual(['a.txt', 'b.txt']);
    mkdirSync(join(here, 'folder'));
    const back = await cp(`:${there}/b.txt`, 'folder');
    expect([back.exitCode, back.output]).toEqual([0, '']);
    expect(back.story).toContain(`Copied :${there}/b.txt to folder/b.txt: 1 B in 0:0`);
    expect((await cp(`:${there}/b.txt`, 'c')).exitCode).toBe(0);
    expect([names(here), names(join(here, 'folder'))]).toEqual([['a.txt', 'c', 'folder'], ['b.txt']]);
  });

  it('a folder into a folder, or to a new name', async () => {
    makeTree(join(here, 'tree'), { files: 7, largeBytes: 1000, names: [] });
    expect((await cp('-r', '--keep-links', 'tree/', `:${there}`)).exitCode).toBe(0);
    expect((await cp('-r', '--keep-links', 'tree', `:${there}/new/`)).exitCode).toBe(0);
    mkdirSync(join(here, 'folder'));
    expect((await cp('-r', '--keep-links', `:${there}/new/`, 'folder/')).exitCode).toBe(0);
    expect((await cp('--recursive', '--keep-links', `:${there}/new`, 'other')).exitCode).toBe(0);
    for (const copy of [join(there, 'tree'), join(there, 'new'), join(here, 'folder/new'), join(here, 'other')]) {
      expect(listing(copy)).toEqual(listing(join(here, 'tree')));
    }
  });

  it('several sources into a folder that is there, on both sides', async () => {
    write({ a: 'a', b: 'b' });
    mkdirSync(join(here, 'folder'));
    const { exitCode, story } = await cp('-r', 'a', 'b', 'folder', `:${there}`);
    expect([exitCode, names(there)]).toEqual([0, ['a', 'b', 'folder']]);
    expect(story).toContain(`Copied 3 sources to :${there}: 2 files, 2 B in 0:0`);
    const back = await cp(`:${there}/a`, `:${there}/b`, 'folder');
    expect([back.exitCode, names(join(here, 'folder'))]).toEqual([0, ['a', 'b']]);
  });

  it('a path in the task without a slash begins in its working directory', async () => {
    write({ a: 'a' });
    expect((await cp('a', ':from here')).exitCode).toBe(0);
    expect((await cp(':from here', 'b')).exitCode).toBe(0);
    expect(readFileSync(join(here, 'b'), 'utf8')).toBe('a');
  });

  it('a named link is followed, one in a folder stays one', async () => {
    write({ a: 'a' });
    mkdirSync(join(here, 'folder'));
    symlinkSync('../a', join(here, 'folder/link'));
    symlinkSync('folder', join(here, 'to folder'));
    expect((await cp('-r', '--keep-links', 'folder/link', 'to folder', `:${there}`)).exitCode).toBe(0);
    expect(listing(there).map((line) => line.split(' 1')[0])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^link file/), 'to folder/link link ../a']) as string[],
    );
  });

  it('many files, large ones, modes, links, deep paths and odd names, there and back over several sessions', async () => {
    makeTree(join(here, 'tree'), { files: 1_000, largeBytes: 5_000_000, names: ODD_NAMES });
    const sent = await cp('-r', '--keep-links', 'tree', `:${there}`);
    expect([sent.exitCode, sent.story]).toEqual([0, expect.stringContaining('Copied tree to')]);
    expect(listing(join(there, 'tree'))).toEqual(listing(join(here, 'tree')));
    expect((await cp('-r', '--keep-links', '--streams', '3', `:${there}/tree`, 'back')).exitCode).toBe(0);
    expect(listing(join(here, 'back'))).toEqual(listing(join(here, 'tree')));
  });

  it('links that lead out of the folder are left out on both ways, and that is said', async () => {
    mkdirSync(join(here, 'folder'));
    symlinkSync('../a', join(here, 'folder/up'));
    symlinkSync('/etc/hostname', join(here, 'folder/away'));
    symlinkSync('inside', join(here, 'folder/link'));
    const told = (story: string): readonly string[] => story.split('\n').filter((line) => line.includes('ink'));
    const sent = await cp('-r', 'folder', `:${there}`);
    expect([sent.exitCode, names(join(there, 'folder')), told(sent.story)]).toEqual([
      0,
      ['link'],
      [
        'Not copied: the link folder/away leads out, to /etc/hostname',
        'Not copied: the link folder/up leads out, to ../a',
        'Links that lead out of the folder are copied with --keep-links',
      ],
    ]);
    for (let n = 0; n < 25; n += 1) symlinkSync('/', join(there, `folder/${n}`));
    const back = await cp('-r', `:${there}/folder`, 'back');
    expect([back.exitCode, names(join(here, 'back'))]).toEqual([0, ['link']]);
    expect(told(back.story)).toHaveLength(22);
    expect(back.story).toContain('Not copied: 5 more links that lead out\n');
  });

  it('what is neither a file, a folder nor a link is left out, and that is said', async () => {
    mkdirSync(join(here, 'folder'));
    execFileSync('mkfifo', [join(here, 'folder/pipe')]);
    const { exitCode, story } = await cp('-r', 'folder', `:${there}`);
    expect([exitCode, names(join(there, 'folder'))]).toEqual([0, []]);
    expect(story).toContain('Not copied: folder/pipe is neither a file, a folder nor a link');
    execFileSync('mkfifo', [join(there, 'folder/pipe')]);
    const back = await cp('-r', `:${there}/folder`, 'back');
    expect([back.exitCode, names(join(here, 'back')), back.story]).toEqual([0, [], expect.stringContaining('pipe')]);
  });
});

describe('what is there', () => {
  it('stays, unless --force; nothing is moved before that is known', async () => {
    write({ a: 'new', b: 'new' });
    write({ b: 'old', c: 'old' }, there);
    const into = await cp('a', 'b', `:${there}`);
    expect([into.exitCode, into.story]).toEqual([
      1,
      expect.stringContaining(`Error: :${there}/b: exists already\nAdd --force to replace it\n`),
    ]);
    const out = await cp(`:${there}/c`, `:${there}/b`, '.');
    expect([out.exitCode, out.story]).toEqual([1, 'Error: b exists already\nAdd --force to replace it\n']);
    expect([names(there), names(here), readFileSync(join(there, 'b'), 'utf8')]).toEqual([
      ['b', 'c'],
      ['a', 'b'],
      'old',
    ]);
    expect((await cp('--force', `:${there}/b`, `:${there}/c`, '.')).exitCode).toBe(0);
    expect(readFileSync(join(here, 'b'), 'utf8')).toBe('old');
    expect((await cp('--force', 'a', 'b', `:${there}`)).exitCode).toBe(0);
    expect([names(there), names(here)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('a folder stays as it is, unless --force, and then what is in it and does not come', async () => {
    mkdirSync(join(here, 'folder'));
    write({ a: 'new' }, join(here, 'folder'));
    mkdirSync(join(there, 'folder'));
    write({ a: 'old', b: 'old' }, join(there, 'folder'));
    expect((await cp('-r', 'folder', `:${there}`)).story).toContain(`:${there}/folder: exists already`);
    const out = await cp('-r', `:${there}/folder`, '.');
    expect(out.story).toBe('Error: folder exists already\nAdd --force to copy into it\n');
    expect(readFileSync(join(there, 'folder/a'), 'utf8')).toBe('old');
    expect((await cp('-r', '--force', 'folder', `:${there}`)).exitCode).toBe(0);
    expect([names(join(there, 'folder')), readFileSync(join(there, 'folder/a'), 'utf8')]).toEqual([['a', 'b'], 'new']);
  });
});

describe('what cannot be', () => {
  const NOTHING = { here: ['file', 'folder'], there: ['file', 'folder'] };

  beforeEach(() => {
    for (const place of [here, there]) {
      write({ file: 'file' }, place);
      mkdirSync(join(place, 'folder/file'), { recursive: true });
    }
  });

  it.each([
    [['nosuch', ':/tmp'], 'nosuch: no such file or folder'],
    [['file/a', ':/tmp'], 'file/a: a part of its path is no folder'],
    [['folder', ':THERE'], 'folder is a folder\nAdd -r to copy folders'],
    [['/dev/null', ':THERE'], '/dev/null is neither a file nor a folder'],
    [['-r', '/', ':THERE'], '/ has no name\nName a folder in it'],
    [['file', '../HERE/file', ':THERE'], 'Two sources have the name file'],
    [['file', ':THERE/nosuch/file'], ':THERE/nosuch/file: its folder is not there\nMake it first'],
    [['file', ':THERE/nosuch/'], ':THERE/nosuch/: there is no such folder in the task'],
    [['file', 'file2', ':THERE/nosuch'], 'file2: no such file or folder'],
    [['-r', 'file', 'folder', ':THERE/nosuch'], ':THERE/nosuch: there is no such folder in the task'],
    [['-r', 'file', 'folder', ':THERE/file'], ':THERE/file: is no folder'],
    [['file', ':THERE/file/'], ':THERE/file/: is no folder'],
    [['file', ':THERE/folder/'], ':THERE/folder/file: is a folder'],
    [['-r', 'folder', ':THERE/file'], ':THERE/file: is no folder'],
    [['file', ':/proc'], ':/proc/file: '],
    [[':THERE/nosuch', '.'], ':THERE/nosuch: there is no such file or folder in the task'],
    [[':THERE/folder', 'new'], ':THERE/folder: is a folder\nAdd -r to copy folders'],
    [[':/dev/null', '.'], ':/dev/null: is neither a file nor a folder'],
    [[':THERE/.', '.'], ':THERE/. has no name that it could get in .'],
    [[':THERE/file', ':THERE/folder/../file', 'folder'], 'Two sources would become folder/file'],
    [[':THERE/file', 'nosuch/new'], 'nosuch: no such file or folder'],
    [[':THERE/file', 'nosuch/'], 'nosuch/ is not there\nMake it first'],
    [[':THERE/file', ':THERE/folder', 'file'], 'file is no folder'],
    [[':THERE/file', 'folder'], 'folder/file is a folder'],
    [['--force', ':THERE/file', 'folder'], 'folder/file is a folder'],
    [['--force', '-r', ':THERE/folder', 'file'], 'file is no folder'],
    [['--force', '-r', ':THERE/file', 'folder'], 'folder/file is a folder'],
    [[':THERE/file', 'x'.repeat(300)], `${'x'.repeat(300)}: the name is too long`],
  ])('%j', async (argv, message) => {
    const real = (text: string): string => text.replaceAll('THERE', there).replaceAll('../HERE', here);
    const { exitCode, output, story } = await cp(...argv.map(real));
    expect([exitCode, output, story]).toEqual([1, '', expect.stringContaining(`Error: ${real(message)}`)]);
    expect(story).not.toContain('fault of this program');
    expect({ here: names(here), there: names(there) }).toEqual(NOTHING);
  });

  it.each([
    [['file'], /cp needs a source and a target/],
    [['file', 'other'], /No path is in the task/],
    [[':/a', ':/b'], /Both sides are in the task/],
    [[':/a', 'file', '.'], /Some sources are in the task and some are not/],
    [['file', ''], /A path is empty/],
    [['--streams', '2', 'file', ':/tmp'], /--streams is for what comes out/],
    [['--streams', '9', ':/tmp/a', '.'], /--streams is "9"/],
    [['--keep', 'file', ':/tmp'], /--keep is no option of cp/],
  ])('%j is wrong usage', async (argv, message) => {
    const { exitCode, story } = await cp(...argv);
    expect([exitCode, story]).toEqual([2, expect.stringMatching(message)]);
  });

  it('a file that its user may not read, or a folder that may not be written to', async () => {
    write({ secret: 'secret' });
    execFileSync('chmod', ['600', join(here, 'secret')]);
    const asNobody = async (...argv: readonly string[]): Promise<string> => {
      const [node, program] = CONNECT;
      const helper = [node, join(PROJECT, program), ...words('--task', task, 'cp', ...argv)];
      const child = spawn('setpriv', ['--reuid=65534', '--clear-groups', ...helper], {
        cwd: here,
        env: { ...bastion.aws.environment, HOME: '/nonexistent' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let story = '';
      child.stderr.on('data', (chunk: Buffer) => (story += chunk.toString()));
      await once(child, 'close');
      return story;
    };
    expect(await asNobody('secret', `:${there}`)).toBe('Error: secret: permission denied\n');
    expect(await asNobody(`:${there}/file`, 'new')).toBe('Error: .: permission denied\n');
    expect(names(there)).toEqual(NOTHING.there);
  });
});

describe('a full disk', () => {
  let disk: string;

  beforeEach(() => {
    disk = temporaryDirectory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  });

  afterEach(() => {
    execFileSync('umount', [disk]);
  });

  it.each([
    ['a file', 'large'],
    ['a folder', 'tree'],
  ])('%s: nothing is kept', async (_what, name) => {
    makeTree(join(here, 'tree'), { files: 20, largeBytes: 3_000_000, names: [] });
    write({ large: 'x'.repeat(3_000_000) });
    const into = await cp('-r', name, `:${disk}`);
    expect([into.exitCode, into.story]).toEqual([
      1,
      expect.stringContaining(`:${disk}/${name}: the disk in the task is full\nMake room there: nothing was kept\n`),
    ]);
    await eventually('the disk is empty', () => readdirSync(disk).length === 0);
    const out = await cp('-r', `:${join(here, name)}`, disk);
    expect([out.exitCode, out.story]).toEqual([
      1,
      expect.stringContaining(`${disk}/${name}: the disk is full\nMake room and try again: nothing was kept of it\n`),
    ]);
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe('a helper that is ended half-way leaves nothing under the name, and a second try does it', () => {
  const CODES = { SIGTERM: 143, SIGINT: 130, SIGKILL: null };
  const sizeOf = (folder: string): number =>
    Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);

  beforeEach(() => {
    // The other side hears of a helper's sudden end when the service ends its session.
    bastion.aws.setFaults({ ...QUICK, idleLimitMs: 4_000 });
    makeTree(join(here, 'tree'), { files: 20, largeBytes: 10_000_000, names: [] });
    writeFileSync(join(here, 'file'), someBytes(10_000_000, 3));
  });

  const interrupt = async (signal: keyof typeof CODES, at: string, ...argv: readonly string[]): Promise<void> => {
    const helper = startHelper(words('--task', task, 'cp', '-r', ...argv), bastion.aws.environment, 'ignore', here);
    await eventually('some of it has come', () => sizeOf(at) > 1_000_000);
    helper.process.kill(signal);
    expect(await helper.exitCode).toBe(CODES[signal]);
    expect(names(at).filter((name) => !name.endsWith('.part'))).toEqual([]);
  };

  it.each([
    ['SIGTERM', 'file'],
    ['SIGTERM', 'tree'],
    ['SIGINT', 'tree'],
    ['SIGKILL', 'file'],
    ['SIGKILL', 'tree'],
  ] as const)('%s, on the way in, of a %s', async (signal, name) => {
    await interrupt(signal, there, name, `:${there}`);
    expect((await cp('-r', '--keep-links', name, `:${there}`)).exitCode).toBe(0);
    expect(listing(join(there, name))).toEqual(listing(join(here, name)));
    await eventually('all else is gone', () => names(there).join() === name);
  });

  it.each([
    ['SIGTERM', 'file'],
    ['SIGTERM', 'tree'],
    ['SIGINT', 'tree'],
    ['SIGKILL', 'tree'],
  ] as const)('%s, on the way out, of a %s', async (signal, name) => {
    const target = join(there, 'target');
    mkdirSync(target);
    await interrupt(signal, target, `:${join(here, name)}`, target);
    if (signal !== 'SIGKILL') expect(readdirSync(target)).toEqual([]);
    expect((await cp('-r', '--keep-links', `:${join(here, name)}`, target)).exitCode).toBe(0);
    expect(listing(join(target, name))).toEqual(listing(join(here, name)));
  });
});

describe('which task', () => {
  it('of yours that runs; a new one is never started, since it would end with the files', async () => {
    write({ a: 'a' });
    const alone = (...argv: readonly string[]): ReturnType<typeof runHelper> =>
      runHelper(words(...argv), bastion.aws.environment, here);
    for (const more of [[], ['--reuse']]) {
      const { exitCode, story } = await alone('cp', ...more, 'a', `:${there}`);
      expect([exitCode, story]).toEqual([
        1,
        expect.stringMatching(
          /^Error: No bastion of yours runs.*\nStart one with: npm run connect -- start\nor .*--task/,
        ),
      ]);
    }
    const own = (await alone('start')).output.trim();
    const { exitCode, story } = await alone('cp', 'a', `:${there}`);
    expect([exitCode, names(there), story]).toEqual([0, ['a'], expect.stringContaining(`Using your bastion ${own}`)]);
    await alone('start');
    const several = await alone('cp', 'a', `:${there}/b`);
    expect([several.exitCode, several.story]).toEqual([1, expect.stringContaining('Name one with --task')]);
    await alone('stop', '--mine', '--yes');
  });
});

it('several files go one by one where the container has neither tar nor Python', async () => {
  const python = join(bastion.directory, 'aws/image/bin/python3');
  renameSync(python, `${python}.away`);
  try {
    write({ a: 'a', b: 'b' });
    const { exitCode, story } = await cp('a', 'b', `:${there}`);
    expect([exitCode, names(there), story]).toEqual([0, ['a', 'b'], expect.stringContaining('Copied b to')]);
    mkdirSync(join(here, 'folder'));
    const folder = await cp('-r', 'folder', `:${there}`);
    expect([folder.exitCode, folder.story]).toEqual([1, expect.stringContaining('has no tar and no python3')]);
  } finally {
    renameSync(`${python}.away`, python);
  }
});

it('an image as the stock one has no tar, no gzip and no xz, but Python and curl', async () => {
  const which = 'for p in tar gzip bzip2 xz zstd perl rsync scp ssh python3 curl sha256sum; do command -v $p; done';
  const { output } = await runHelper(words('--task', task, 'exec', '--', which), bastion.aws.environment);
  expect(
    output
      .trim()
      .split('\n')
      .map((path) => path.replace(/^.*\//, '')),
  ).toEqual(['python3', 'curl', 'sha256sum']);
});
