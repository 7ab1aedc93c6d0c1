import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { explained } from '../partial-file';
import { changed, type TreeEntry, versionOf } from './tree';

/** What a tar header can hold without pax. */
const MOST_HEADER_SECONDS = 2 ** 31 - 1;
const MOST_HEADER_NAME = 100;
const MOST_HEADER_PREFIX = 155;

/**
 * A tar archive of files, folders and links; the same bytes each time it is read.
 * It fails with a UserError when a file cannot be read or is no longer what it was when it was looked at.
 */
export function tarOf(entries: readonly TreeEntry[]): Readable {
  return Readable.from(tarChunks(entries), { objectMode: false });
}

async function* tarChunks(entries: readonly TreeEntry[]): AsyncGenerator<Buffer> {
  const archive = pack();
  const writing = (async () => {
    for (const entry of entries) await add(archive, entry);
    // Once more when they are full, from the deepest up: busybox's tar gives a folder its mode and time at once.
    const folders = entries.filter(({ kind }) => kind === 'folder').toReversed();
    for (const entry of folders) await add(archive, entry);
    archive.finalize();
  })();
  writing.catch(() => {
    archive.destroy();
  });
  try {
    yield* archive as AsyncIterable<Buffer>;
  } catch (error) {
    await writing; // why the archive has no end
    throw error;
  } finally {
    archive.destroy();
  }
  await writing;
}

/** Whether only a tar that knows pax understands its header. */
export function needsPax({ name, target = '', modifiedAt }: TreeEntry): boolean {
  // What is too long is cut in two at a slash; a folder ends in one.
  const cut = name.length < MOST_HEADER_NAME ? 0 : name.indexOf('/', name.length - MOST_HEADER_NAME);
  return (
    /[^ -~]/.test(name) ||
    cut < 0 ||
    cut > MOST_HEADER_PREFIX ||
    Buffer.byteLength(target) > MOST_HEADER_NAME ||
    headerSeconds(modifiedAt) !== modifiedAt
  );
}

async function add(archive: Pack, entry: TreeEntry): Promise<void> {
  const { name, kind, bytes, mode, modifiedAt, target = '' } = entry;
  const header = {
    name,
    // The uppermost is moved when it is full, for which it must be open to its owner; its name gets the mode.
    mode: kind === 'folder' && !name.includes('/') ? mode | 0o700 : mode,
    mtime: new Date(headerSeconds(modifiedAt) * 1000),
    ...(headerSeconds(modifiedAt) === modifiedAt ? {} : { pax: { mtime: String(modifiedAt) } }),
  };
  if (kind === 'file') {
    const sink = archive.entry({ ...header, type: 'file', size: bytes });
    await pipeline(unchanged(entry), sink as unknown as NodeJS.WritableStream);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error);
      else resolve();
    };
    if (kind === 'folder') archive.entry({ ...header, type: 'directory', size: 0 }, done);
    else archive.entry({ ...header, type: 'symlink', linkname: target, size: 0 }, done);
  });
}

/** The bytes of a file, as many as there were when it was looked at. @throws UserError when it is another now */
export async function* unchanged({ path, bytes, version }: TreeEntry): AsyncGenerator<Buffer> {
  try {
    await using file = await open(path);
    if (versionOf(await file.stat()) !== version) throw changed(path);
    if (bytes > 0) {
      const source = createReadStream(path, { fd: file, end: bytes - 1, autoClose: false, highWaterMark: 1 << 18 });
      yield* source as AsyncIterable<Buffer>;
    }
    if (versionOf(await file.stat()) !== version) throw changed(path);
  } catch (error) {
    throw explained(error, path);
  }
}

function headerSeconds(seconds: number): number {
  return Math.min(Math.max(seconds, 0), MOST_HEADER_SECONDS);
}
