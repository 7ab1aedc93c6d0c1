import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Header, pack } from 'tar-stream';
import { untar } from '../../../src/transfer/files/tar-reader';
import { temporaryDirectory } from '../../support/bastion';

type Entry = Partial<Header> & Pick<Header, 'name'>;

const OUTSIDE = /leads out of its folder/;
const TWICE = /two things of one name/;

/** Two empty blocks say that an archive has an end. */
const END_BYTES = 1024;

let outside: string;
let root: string;

beforeEach(() => {
  outside = temporaryDirectory();
  root = join(outside, 'root');
  mkdirSync(root);
});

async function unpack(entries: readonly Entry[], options = { keepLinks: true }): ReturnType<typeof untar> {
  const archive = pack();
  for (const entry of entries) archive.entry(entry, entry.type === undefined || entry.type === 'file' ? 'bytes' : '');
  archive.finalize();
  return await untar(archive as AsyncIterable<Buffer>, root, options);
}

it.each<[string, readonly Entry[], RegExp]>([
  ['a name that climbs', [{ name: '../evil' }], OUTSIDE],
  ['a name that climbs from within', [{ name: 'a/../../evil' }], OUTSIDE],
  ['an absolute name', [{ name: '/tmp/evil' }], OUTSIDE],
  ['a folder that climbs', [{ name: '../evil', type: 'directory' }], OUTSIDE],
  ['a link whose name climbs', [{ name: '../evil', type: 'symlink', linkname: 'x' }], OUTSIDE],
  ['a hard link to what is outside', [{ name: 'evil', type: 'link', linkname: '../secret' }], OUTSIDE],
  ['a hard link to an absolute path', [{ name: 'evil', type: 'link', linkname: '/etc/passwd' }], OUTSIDE],
  ['a name twice', [{ name: 'a' }, { name: './a' }], TWICE],
  ['a file where a folder is', [{ name: 'a', type: 'directory' }, { name: 'a' }], TWICE],
  ['a link where a file is', [{ name: 'a' }, { name: 'a', type: 'symlink', linkname: '..' }], TWICE],
  ['a name that is no text', [{ name: 'a\uFFFD' }], /not UTF-8/],
])('%s is refused', async (_what, entries, message) => {
  await expect(unpack(entries)).rejects.toThrow(message);
  expect(readdirSync(outside)).toEqual(['root']);
  expect(existsSync('/tmp/evil')).toBe(false);
});

it.each(['..', '.', '/tmp'])('nothing goes through a link to %s', async (target) => {
  const link: Entry = { name: 'door', type: 'symlink', linkname: target };
  await expect(unpack([link, { name: 'door/evil' }])).rejects.toThrow(TWICE);
  await expect(unpack([link, { name: 'door', type: 'directory' }, { name: 'door/evil' }])).rejects.toThrow(TWICE);
  expect([readdirSync(outside), existsSync('/tmp/evil')]).toEqual([['root'], false]);
});

it('nothing goes through a link that another link makes', async () => {
  const links: readonly Entry[] = [
    { name: 'door', type: 'symlink', linkname: '..' },
    { name: 'door/evil', type: 'symlink', linkname: '/etc/passwd' },
  ];
  await expect(unpack(links)).rejects.toThrow(TWICE);
  await expect(unpack(links.toReversed())).rejects.toThrow(TWICE);
  expect(readdirSync(outside)).toEqual(['root']);
});

it('links that are to be kept stay what they are, wherever they lead, and devices stay away', async () => {
  const { files, skipped } = await unpack([
    { name: 'outside', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'again', type: 'link', linkname: 'outside' },
    { name: 'disk', type: 'block-device', devmajor: 8 },
    { name: 'file', mode: 0o4755, mtime: new Date(1e12) },
    { name: 'too', type: 'link', linkname: 'file' },
  ]);
  expect([files, skipped, readdirSync(root)]).toEqual([4, ['disk'], ['again', 'file', 'outside', 'too']]);
  expect([readlinkSync(join(root, 'outside')), readlinkSync(join(root, 'again'))]).toEqual([
    '/etc/passwd',
    '/etc/passwd',
  ]);
  expect(lstatSync(join(root, 'file')).mode & 0o7777).toBe(0o755);
  expect([statSync(join(root, 'file')).mtimeMs, readFileSync(join(root, 'too'), 'utf8')]).toEqual([1e12, 'bytes']);
});

it('links that lead out of the folder are left out and named; those that stay in it are made', async () => {
  const links = {
    ...{
      up: '..',
      absolute: '/etc/passwd',
      'a/b/far': '../../../x',
      'a/b/round': '../b/../../../x',
      'a/again': 'b/../..',
    },
    ...{ file: 'a/file', 'a/b/back': '../../file', 'a/b/here': '.', 'a/root': '..', 'a/b/nowhere': './nothing' },
  };
  const { left, files } = await unpack(
    Object.entries(links).map(([name, linkname]) => ({ name, type: 'symlink', linkname })),
    { keepLinks: false },
  );
  expect(left.map(({ name, target }) => [name, target])).toEqual(Object.entries(links).slice(0, 5));
  expect([files, readdirSync(root).toSorted(), readdirSync(join(root, 'a/b')).toSorted()]).toEqual([
    5,
    ['a', 'file'],
    ['back', 'here', 'nowhere'],
  ]);
});

it('what would go through a link that is left out is refused all the same', async () => {
  const link: Entry = { name: 'door', type: 'symlink', linkname: '..' };
  await expect(unpack([link, { name: 'door/inside' }], { keepLinks: false })).rejects.toThrow(TWICE);
  expect(readdirSync(outside)).toEqual(['root']);
});

it.each(['002', '022', '077', '000'])('modes are those of the archive less the umask %s', async (text) => {
  const umask = parseInt(text, 8);
  const before = process.umask(umask);
  try {
    await unpack([
      { name: 'folder', type: 'directory', mode: 0o1777 },
      { name: 'folder/file', mode: 0o6777 },
      { name: 'private', mode: 0o600 },
      { name: 'made/for it', mode: 0o644 },
    ]);
  } finally {
    process.umask(before);
  }
  const modes = ['folder', 'folder/file', 'private', 'made', 'made/for it'].map(
    (name) => lstatSync(join(root, name)).mode & 0o7777,
  );
  expect(modes).toEqual([0o777 & ~umask, 0o777 & ~umask, 0o600 & ~umask, 0o700 & ~umask, 0o644 & ~umask]);
});

it('a time that is none is the beginning of time', async () => {
  await unpack([{ name: 'file', pax: { mtime: '9e99' } }]);
  expect(statSync(join(root, 'file')).mtimeMs).toBe(0);
});

it.each([
  ['a name longer than any path', [{ name: 'n/'.repeat(3000) }], /a name that is too long/],
  ['a link to such a name', [{ name: 'a', type: 'symlink', linkname: 'n/'.repeat(3000) }], /a name that is too long/],
  ['a NUL in a name', [{ name: 'a', pax: { path: 'a\0b' } }], /a NUL byte/],
] as const)('%s is refused', async (_what, entries, message) => {
  await expect(unpack(entries)).rejects.toThrow(message);
});

describe('more names than memory is for are refused:', () => {
  const LONG = 'n'.repeat(4000);
  /** Of names as long as `LONG`, more than may be. */
  const TOO_MANY = 19_000;

  it.each<[string, (n: number) => Entry]>([
    ['links', (n) => ({ name: String(n), type: 'symlink', linkname: LONG })],
    ['hard links', (n) => ({ name: String(n), type: 'link', linkname: LONG })],
    ['folders', (n) => ({ name: `${`${'n'.repeat(249)}/`.repeat(14)}${n}`, type: 'directory' })],
    ['what is neither', (n) => ({ name: `${LONG}${n}`, type: 'fifo' })],
  ])('%s', async (_what, entry) => {
    async function* many(): AsyncGenerator<Buffer> {
      for (let n = 0; n < TOO_MANY; n += 1) {
        const archive = pack();
        archive.entry(entry(n));
        archive.finalize();
        const chunks: Buffer[] = [];
        for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
        yield Buffer.concat(chunks).subarray(0, -END_BYTES);
      }
      yield Buffer.alloc(END_BYTES);
    }
    await expect(untar(many(), root)).rejects.toThrow(/too many folders and links/);
  });
});
