import { chmod, link, lutimes, mkdir, open, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { isErrno, UserError } from '../../errors';
import { MODE_BITS } from './tree';

export interface Unpacked {
  /** Of all files. */
  readonly bytes: number;
  /** Files and links. */
  readonly files: number;
  /** Names of what is neither a file, a folder nor a link, and was left out. */
  readonly skipped: readonly string[];
}

/**
 * Unpacks a tar archive into an empty folder. Whatever it holds, nothing is written outside: names are relative and
 * climb nowhere, nothing is there twice, and links come last, when nothing goes through them any more.
 * @throws UserError for an archive that would; the file system's error
 */
export async function untar(source: AsyncIterable<Buffer>, root: string): Promise<Unpacked> {
  const archive = extract();
  const reading = pipeline(source, archive as unknown as NodeJS.WritableStream);
  reading.catch(() => undefined); // the loop hears of it
  const folders = new Map<string, Header>();
  const [hardLinks, links, skipped]: [Header[], Header[], string[]] = [[], [], []];
  let [files, bytes] = [0, 0];
  for await (const entry of archive) {
    const { header } = entry;
    const at = inside(root, header.name);
    switch (header.type) {
      case 'directory':
        await placed(at, () => mkdir(at, { recursive: true }));
        folders.set(at, header);
        break;
      case 'file':
      case 'contiguous-file':
        await writeFile(at, header, entry as AsyncIterable<Buffer>);
        files += 1;
        bytes += header.size;
        break;
      case 'link':
        hardLinks.push(header);
        break;
      case 'symlink':
        links.push(header);
        break;
      case 'fifo':
      case 'character-device':
      case 'block-device':
        skipped.push(header.name);
    }
    entry.resume();
  }
  await reading;
  for (const header of hardLinks) {
    // Of a link that has two names, the second comes as a hard link to the first.
    const first = links.find(({ name }) => name === header.linkname);
    if (first === undefined) {
      await linkFile(inside(root, header.name), inside(root, header.linkname));
      files += 1;
    } else {
      links.push({ ...first, name: header.name });
    }
  }
  // Every folder is there before the first link is, so that no link stands where another's folder should.
  for (const { name } of links) await mkdir(dirname(inside(root, name)), { recursive: true });
  for (const { name, linkname, ...header } of links) {
    await placed(inside(root, name), async (at) => {
      await symlink(textOf(linkname), at);
      await lutimes(at, timeOf(header), timeOf(header));
    });
  }
  // A folder that is full, from the deepest up: its time changes with what comes in, and it may not be written to.
  for (const [at, header] of [...folders].toSorted(([one], [other]) => other.length - one.length)) {
    if (at === root) continue;
    await chmod(at, header.mode & MODE_BITS);
    await utimes(at, timeOf(header), timeOf(header));
  }
  return { bytes, files: files + links.length, skipped };
}

async function writeFile(at: string, header: Header, source: AsyncIterable<Buffer>): Promise<void> {
  await placed(at, async () => {
    await mkdir(dirname(at), { recursive: true });
    await using file = await open(at, 'wx', 0o600);
    for await (const chunk of source) await file.appendFile(chunk);
    await file.chmod(header.mode & MODE_BITS);
    await file.utimes(timeOf(header), timeOf(header));
  });
}

async function linkFile(at: string, existing: string): Promise<void> {
  await mkdir(dirname(at), { recursive: true });
  await placed(at, () => link(existing, at));
}

/** Where a name of the archive lies. @throws UserError when that is outside */
function inside(root: string, name: string): string {
  const parts = textOf(name)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || parts.some((part) => join(part) !== part)) {
    throw new UserError(`What comes has a path that leads out of its folder: ${JSON.stringify(name)}`);
  }
  return join(root, ...parts);
}

/** Names are bytes; those that are no text have lost some on their way here. */
function textOf(name: string): string {
  if (!name.includes('\uFFFD')) return name;
  throw new UserError(`A name in the folder is not UTF-8: ${JSON.stringify(name)}`, 'Rename it in the task');
}

async function placed(at: string, place: (at: string) => Promise<unknown>): Promise<void> {
  try {
    await place(at);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    const remedy = 'Where names that differ in case are the same, one of them has to be renamed';
    throw new UserError(`What comes has two things of one name: ${JSON.stringify(at)}`, remedy, { cause: error });
  }
}

/** In whole seconds. As a `Date`, since Node takes a number below 0 for now. */
function timeOf({ mtime, pax }: Pick<Header, 'mtime' | 'pax'>): Date {
  const exact = typeof pax === 'object' && pax !== null && 'mtime' in pax ? Number(pax.mtime) : NaN;
  return Number.isFinite(exact) ? new Date(Math.floor(exact) * 1000) : mtime;
}
