import { chmod, mkdir, open, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { UserError } from '../../errors';
import { TransferError } from '../error';
import { lessUmask, PRIVATE_FILE, PRIVATE_FOLDER } from '../file-mode';
import { Budget } from './budget';
import { inside, textOf } from './entry-name';
import type { Left } from './link-target';
import { placed } from './placed';
import { Links } from './tar-links';

export interface Unpacked {
  /** Of all files. */
  readonly bytes: number;
  /** Files and links. */
  readonly files: number;
  /** Names of what is neither a file, a folder nor a link, and was left out. */
  readonly skipped: readonly string[];
  /** Links that lead out of the folder, and were left out. */
  readonly left: readonly Left[];
}

interface Folder {
  readonly mode: number;
  readonly time: Date;
}

/** What waits for the end of the archive, by where it lies. */
interface Waiting {
  readonly folders: Map<string, Folder>;
  readonly links: Links;
}

/**
 * Unpacks a tar archive into an empty folder. Whatever it holds, nothing is written outside: names are relative and
 * climb nowhere, nothing is there twice, and links come last, when nothing goes through them any more. Modes are those
 * of the archive, less the umask.
 * @param keepLinks also those that lead out of the folder
 * @throws UserError for an archive that would; TransferError for one that is none; the file system's error
 */
export async function untar(
  source: AsyncIterable<Buffer>,
  root: string,
  { keepLinks = false }: { readonly keepLinks?: boolean } = {},
): Promise<Unpacked> {
  const waiting: Waiting = { folders: new Map(), links: new Links(root) };
  const { files, bytes, skipped } = await unpackFiles(source, root, waiting).catch((error: unknown) => {
    throw error instanceof UserError || isSystemError(error) ? error : broken(error);
  });
  const { folders, links } = waiting;
  const { made, left } = await links.make({ keepLinks });
  // A folder that is full, from the deepest up: its time changes with what comes in, and it may not be written to.
  for (const [at, { mode, time }] of [...folders].toSorted(([one], [other]) => other.length - one.length)) {
    if (at === root) continue;
    await chmod(at, lessUmask(mode));
    await utimes(at, time, time);
  }
  return { bytes, files: files + made, skipped, left };
}

/** Writes files and folders as they come. */
async function unpackFiles(
  source: AsyncIterable<Buffer>,
  root: string,
  { folders, links }: Waiting,
): Promise<Omit<Unpacked, 'left'>> {
  const archive = extract();
  const reading = pipeline(source, archive as unknown as NodeJS.WritableStream);
  reading.catch(() => undefined); // the loop hears of it
  const budget = new Budget();
  const skipped: string[] = [];
  let [files, bytes] = [0, 0];
  for await (const entry of archive) {
    const { header } = entry;
    const at = inside(root, header.name);
    // An empty one is null, whatever the types say.
    const target = (header.linkname as string | null) ?? '';
    switch (header.type) {
      case 'directory':
        budget.take(at);
        await placed(at, () => mkdir(at, { recursive: true, mode: PRIVATE_FOLDER }));
        folders.set(at, { mode: header.mode, time: timeOf(header) });
        break;
      case 'file':
      case 'contiguous-file':
        await writeFile(at, header, entry as AsyncIterable<Buffer>);
        files += 1;
        bytes += header.size;
        break;
      case 'link':
        budget.take(at, target);
        links.addHard(at, inside(root, target));
        break;
      case 'symlink':
        budget.take(at, target);
        links.addSymbolic(at, { target: textOf(target), time: timeOf(header) });
        break;
      case 'fifo':
      case 'character-device':
      case 'block-device':
        budget.take(header.name);
        skipped.push(header.name);
    }
    entry.resume();
  }
  await reading;
  return { files, bytes, skipped };
}

async function writeFile(at: string, header: Header, source: AsyncIterable<Buffer>): Promise<void> {
  await placed(at, async () => {
    await mkdir(dirname(at), { recursive: true, mode: PRIVATE_FOLDER });
    await using file = await open(at, 'wx', PRIVATE_FILE);
    for await (const chunk of source) await file.appendFile(chunk);
    await file.chmod(lessUmask(header.mode));
    await file.utimes(timeOf(header), timeOf(header));
  });
}

/** Of the archive's own form; the library's messages say what. */
function broken(cause: unknown): TransferError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TransferError(`What comes is no archive that can be read (${why})`, { cause });
}

function isSystemError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

/** In whole seconds. As a `Date`, since Node takes a number below 0 for now. */
function timeOf({ mtime, pax }: Pick<Header, 'mtime' | 'pax'>): Date {
  const exact = typeof pax === 'object' && pax !== null && 'mtime' in pax ? Number(pax.mtime) : NaN;
  const time = new Date(Number.isFinite(exact) ? Math.floor(exact) * 1000 : mtime.getTime());
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}
