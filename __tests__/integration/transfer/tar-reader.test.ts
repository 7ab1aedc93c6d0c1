import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Header, pack } from 'tar-stream';
import { untar } from '../../../src/transfer/files/tar-reader';
import { temporaryDirectory } from '../../support/bastion';

type Entry = Partial<Header> & Pick<Header, 'name'>;

const OUTSIDE = /leads out of its folder/;
const TWICE = /two things of one name/;

let outside: string;
let root: string;

beforeEach(() => {
  outside = temporaryDirectory();
  root = join(outside, 'root');
  mkdirSync(root);
});

async function unpack(...entries: readonly Entry[]): ReturnType<typeof untar> {
  const archive = pack();
  for (const entry of entries) archive.entry(entry, entry.type === undefined || entry.type === 'file' ? 'bytes' : '');
  archive.finalize();
  return await untar(archive as AsyncIterable<Buffer>, root);
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
  await expect(unpack(...entries)).rejects.toThrow(message);
  expect(readdirSync(outside)).toEqual(['root']);
  expect(existsSync('/tmp/evil')).toBe(false);
});

it.each(['..', '.', '/tmp'])('nothing goes through a link to %s', async (target) => {
  const link: Entry = { name: 'door', type: 'symlink', linkname: target };
  await expect(unpack(link, { name: 'door/evil' })).rejects.toThrow(TWICE);
  await expect(unpack(link, { name: 'door', type: 'directory' }, { name: 'door/evil' })).rejects.toThrow(TWICE);
  expect([readdirSync(outside), existsSync('/tmp/evil')]).toEqual([['root'], false]);
});

it('nothing goes through a link that another link makes', async () => {
  const links: readonly Entry[] = [
    { name: 'door', type: 'symlink', linkname: '..' },
    { name: 'door/evil', type: 'symlink', linkname: '/etc/passwd' },
  ];
  await expect(unpack(...links)).rejects.toThrow(TWICE);
  await expect(unpack(...links.toReversed())).rejects.toThrow(TWICE);
  expect(readdirSync(outside)).toEqual(['root']);
});

it('links stay what they are, wherever they lead, and devices stay away', async () => {
  const { files, skipped } = await unpack(
    { name: 'outside', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'again', type: 'link', linkname: 'outside' },
    { name: 'disk', type: 'block-device', devmajor: 8 },
    { name: 'file', mode: 0o4755, mtime: new Date(1e12) },
    { name: 'too', type: 'link', linkname: 'file' },
  );
  expect([files, skipped, readdirSync(root)]).toEqual([4, ['disk'], ['again', 'file', 'outside', 'too']]);
  expect([readlinkSync(join(root, 'outside')), readlinkSync(join(root, 'again'))]).toEqual([
    '/etc/passwd',
    '/etc/passwd',
  ]);
  expect(lstatSync(join(root, 'file')).mode & 0o7777).toBe(0o755);
  expect([statSync(join(root, 'file')).mtimeMs, readFileSync(join(root, 'too'), 'utf8')]).toEqual([1e12, 'bytes']);
});

it('times before 1970 and after 2038 come as they are', async () => {
  await unpack({ name: 'old', pax: { mtime: '-1.5' } }, { name: 'new', pax: { mtime: '5000000000' } });
  expect([statSync(join(root, 'old')).mtimeMs, statSync(join(root, 'new')).mtimeMs]).toEqual([-2000, 5e12]);
});

it('an archive that has no end is none', async () => {
  const archive = pack();
  archive.entry({ name: 'a' }, Buffer.alloc(100_000));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  const part = Buffer.concat(chunks).subarray(0, 50_000);
  const source = async function* (): AsyncGenerator<Buffer> {
    yield await Promise.resolve(part);
  };
  await expect(untar(source(), root)).rejects.toThrow();
});
