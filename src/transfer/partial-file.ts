import { randomBytes } from 'node:crypto';
import { createWriteStream, type Stats } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { isErrno, UserError } from '../errors';
import { lessUmask, modeOf, PRIVATE_FILE } from './file-mode';

/** What a file keeps of the one that it is a copy of: its permissions, and its time. */
export interface Attributes {
  readonly mode: number;
  readonly modifiedAt: Date;
}

/** A file in the making: under a name of its own until it is whole. Disposal removes it, unless it was kept. */
export interface PartialFile extends AsyncDisposable {
  readonly sink: Writable;
  /**
   * Gives the file its final name, once its bytes are on the disk. In the place of another it gets the other's mode,
   * else that of what it is a copy of, less the umask; without either it stays its owner's alone.
   */
  keep(attributes?: Attributes): Promise<void>;
}

/**
 * Begins a file that appears under its name when it is whole, and not before.
 * @throws UserError when there is one already, unless `replace`, and when none can be written there
 */
export async function beginFile(path: string, { replace }: { readonly replace: boolean }): Promise<PartialFile> {
  await refuseExisting(path, replace);
  const partial = partialName(path);
  const file = await open(partial, 'wx', PRIVATE_FILE).catch((error: unknown) => {
    throw explained(error, path);
  });
  const sink = createWriteStream(partial, { fd: file, autoClose: false });
  sink.on('error', () => undefined); // whoever writes hears of it
  let kept = false;
  return {
    sink,
    keep: async (attributes) => {
      await file.sync();
      const replaced = await refuseExisting(path, replace);
      if (replaced !== undefined) await file.chmod(modeOf(replaced));
      else if (attributes !== undefined) await file.chmod(lessUmask(attributes.mode));
      if (attributes !== undefined) await file.utimes(attributes.modifiedAt, attributes.modifiedAt);
      await rename(partial, path);
      kept = true;
    },
    [Symbol.asyncDispose]: async () => {
      sink.destroy();
      await file.close().catch(() => undefined);
      if (!kept) await rm(partial, { force: true });
    },
  };
}

/** A name beside a file's own that nothing else has, no longer than any may be. */
export function partialName(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, SHOWN_OF_NAME)}.${randomBytes(4).toString('hex')}.part`);
}

/** What a failure to read or write a file of the user's means; any other error as it is. */
export function explained(error: unknown, path: string): unknown {
  const [code, [message, remedy] = []] = REASONS.find(([one]) => isErrno(error, one)) ?? [];
  if (code === undefined || message === undefined) return error;
  return new UserError(`${path}: ${message}`, remedy, { cause: error });
}

/** Characters; each may take four of the 255 bytes of a name. */
const SHOWN_OF_NAME = 50;

const REASONS: readonly (readonly [code: string, words: readonly [message: string, remedy: string]])[] = [
  ['ENOENT', ['no such file or folder', '']],
  ['ENOTDIR', ['a part of its path is no folder', '']],
  ['EISDIR', ['is a folder', 'Name a file']],
  ['EACCES', ['permission denied', '']],
  ['EPERM', ['permission denied', '']],
  ['EROFS', ['the file system is read-only', '']],
  ['ENOSPC', ['the disk is full', 'Make room and try again: nothing was kept of it']],
  ['EDQUOT', ['your share of the disk is full', 'Make room and try again: nothing was kept of it']],
  ['ENAMETOOLONG', ['the name is too long', '']],
  ['ELOOP', ['a link of its path leads in a circle', '']],
  ['EFBIG', ['the file would be too large for its file system', '']],
];

/** @returns what is to be replaced */
async function refuseExisting(path: string, replace: boolean): Promise<Stats | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw explained(error, path);
  });
  if (found?.isDirectory() === true) throw new UserError(`${path} is a folder`, 'Name a file');
  if (found !== undefined && !replace) throw new UserError(`${path} exists already`, 'Add --force to replace it');
  return found;
}
