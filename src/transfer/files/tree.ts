import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors';
import { modeOf } from '../file-mode';
import { explained } from '../partial-file';
import { leadsInside, type Left } from './link-target';

/** One thing in a folder of the user's, or the folder itself. */
export interface TreeEntry {
  /** Where it is on this machine. */
  readonly path: string;
  /** Its name in the archive, with slashes. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Of a file, in bytes. */
  readonly bytes: number;
  /** The bits that say who may do what. */
  readonly mode: number;
  /** In whole seconds since 1970. */
  readonly modifiedAt: number;
  /** Where a link leads. */
  readonly target?: string;
  /** What changes when the file does. */
  readonly version: string;
}

export interface Tree {
  /** A folder stands before what is in it. */
  readonly entries: readonly TreeEntry[];
  /** What is neither a file, a folder nor a link: paths. */
  readonly skipped: readonly string[];
  /** Links that lead out of the folder, by their paths, and are left out. */
  readonly left: readonly Left[];
}

/**
 * Looks at a file, or at a folder and all in it. A link that was named is followed, one that was found is kept.
 * @param name that it gets in the archive
 * @param keepLinks also those that lead out of the folder
 * @throws UserError when something cannot be read, or has a name that is no text
 */
export async function lookAt(path: string, name: string, keepLinks = false): Promise<Tree> {
  const [entries, skipped, left]: [TreeEntry[], string[], Left[]] = [[], [], []];
  const walk = async (one: { readonly path: string; readonly name: string }, found: Stats): Promise<void> => {
    const { path: at } = one;
    const entry = { ...one, bytes: 0, mode: modeOf(found), version: versionOf(found) };
    const times = { modifiedAt: Math.floor(found.mtimeMs / 1000) };
    if (found.isFile()) {
      entries.push({ ...entry, ...times, kind: 'file', bytes: found.size });
    } else if (found.isSymbolicLink()) {
      const target = await readlink(at);
      if (keepLinks || leadsInside(one.name.slice(name.length + 1), target)) {
        entries.push({ ...entry, ...times, kind: 'link', target });
      } else {
        left.push({ name: at, target });
      }
    } else if (found.isDirectory()) {
      entries.push({ ...entry, ...times, kind: 'folder' });
      for (const child of (await readdir(at, { encoding: 'buffer' })).toSorted((a, b) => a.compare(b))) {
        const text = textOf(child, at);
        await walk({ path: join(at, text), name: `${one.name}/${text}` }, await lstat(join(at, text)));
      }
    } else {
      skipped.push(at);
    }
  };
  try {
    await walk({ path, name }, await stat(path));
  } catch (error) {
    throw explained(error, pathOf(error) ?? path);
  }
  return { entries, skipped, left };
}

/** Whether it is the same as before. */
export function versionOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}

export function changed(path: string): UserError {
  return new UserError(`${path} changed while it was read: nothing was kept`, 'Try again when nothing writes to it');
}

function textOf(name: Buffer, folder: string): string {
  const text = name.toString();
  if (Buffer.from(text).equals(name)) return text;
  throw new UserError(`A name in ${folder} is not UTF-8: ${JSON.stringify(name.toString('latin1'))}`, 'Rename it');
}

function pathOf(error: unknown): string | undefined {
  const path = typeof error === 'object' && error !== null && 'path' in error ? error.path : undefined;
  return typeof path === 'string' ? path : undefined;
}
