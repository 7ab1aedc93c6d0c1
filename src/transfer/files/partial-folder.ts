import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, UserError } from '../../errors';
import { lessUmask, modeOf, PRIVATE_FOLDER } from '../file-mode';
import { type Attributes, explained, partialName } from '../partial-file';

/** A folder in the making: under a name of its own until it is whole. Disposal removes it, unless it was kept. */
export interface PartialFolder extends AsyncDisposable {
  /** Where it is filled. */
  readonly path: string;
  /** Gives the folder its final name; with `replace` what is in it goes into the one that is there. */
  keep(attributes: Attributes): Promise<void>;
}

/**
 * Begins a folder that appears under its name when it is whole, and not before.
 * @throws UserError when there is one already, unless `replace`, and when none can be made there
 */
export async function beginFolder(path: string, { replace }: { readonly replace: boolean }): Promise<PartialFolder> {
  await existing(path, replace);
  const partial = partialName(path);
  try {
    await mkdir(partial, { mode: PRIVATE_FOLDER });
  } catch (error) {
    throw explained(error, path);
  }
  return {
    path: partial,
    keep: async ({ mode, modifiedAt }) => {
      if (await existing(path, replace)) {
        await refuseClashes(partial, path);
        await merge(partial, path);
        return;
      }
      await utimes(partial, modifiedAt, modifiedAt);
      await rename(partial, path);
      // Only now: a folder that may not be written to cannot be moved.
      await chmod(path, lessUmask(mode));
    },
    [Symbol.asyncDispose]: () => rm(partial, { recursive: true, force: true }),
  };
}

/** Whether there is a folder. @throws UserError when what is there must stay */
async function existing(path: string, replace: boolean): Promise<boolean> {
  const found = await kindOf(path);
  if (found === undefined) return false;
  if (found === 'other') throw new UserError(`${path} is no folder`, 'Name another target');
  if (!replace) throw new UserError(`${path} exists already`, 'Add --force to copy into it');
  return true;
}

/** @throws UserError when a folder would have to replace something else, or something else a folder */
async function refuseClashes(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const [one, other] = [join(from, name), join(to, name)];
    const [kind, there] = [await kindOf(one), await kindOf(other)];
    if (there === undefined) continue;
    if (kind !== there) {
      throw new UserError(`${other} is ${there === 'folder' ? 'a folder' : 'no folder'}: nothing was kept`);
    }
    if (kind === 'folder') await refuseClashes(one, other);
  }
}

async function merge(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const [one, other] = [join(from, name), join(to, name)];
    if ((await kindOf(other)) === 'folder') {
      await merge(one, other);
    } else {
      await keepMode(one, other);
      await rename(one, other);
    }
  }
}

/** A file that takes another's place gets its mode before: a private one is not public for a moment. */
async function keepMode(one: string, other: string): Promise<void> {
  const [file, replaced] = [await lstat(one), await lstatOf(other)];
  if (file.isFile() && replaced?.isFile() === true) await chmod(one, modeOf(replaced));
}

/** Of the thing itself, a link not followed; `undefined`: there is none. */
async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  const found = await lstatOf(path);
  return found === undefined ? undefined : found.isDirectory() ? 'folder' : 'other';
}

async function lstatOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw explained(error, path);
  }
}
