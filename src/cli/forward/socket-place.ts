import { realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isErrno, UserError } from '../../errors';

/** A folder that can hold no socket which is to be the user's alone. */
export class SocketFolderError extends UserError {}

const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/**
 * Where a folder for sockets is or will be: a path without symbolic links above the folder itself, in which nobody but
 * the user and root can put another in its place.
 * @throws SocketFolderError
 */
export function socketPlace(named: string): string {
  refuseName(named);
  const path = resolve(named);
  const parent = realParent(path);
  for (let at = parent; ; at = dirname(at)) {
    refuseOthers(at, path);
    if (at === dirname(at)) return join(parent, basename(path));
  }
}

/** What PostgreSQL's clients take for something else than a folder, and what would break the lines that it is printed in. */
function refuseName(named: string): void {
  if (named.startsWith('@')) {
    throw new SocketFolderError(
      `${named} is to libpq no folder, but an abstract socket, which every user may use`,
      `Write ./${named} for a folder of that name`,
    );
  }
  if (/[,\p{Cc}]/u.test(resolve(named))) {
    throw new SocketFolderError(
      `${JSON.stringify(resolve(named))} has a comma or a control character in it, and libpq takes a comma for the next host`,
      'Name another with --socket',
    );
  }
}

function realParent(path: string): string {
  try {
    return realpathSync(dirname(path));
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG')) throw error;
    throw new SocketFolderError(`The folder ${path} cannot be made`, 'Name another with --socket', { cause: error });
  }
}

function refuseOthers(folder: string, path: string): void {
  const me = process.getuid?.();
  const who = me === undefined ? undefined : whoElse(statSync(folder), me); // undefined: a system without owners and modes
  if (who === undefined) return;
  throw new SocketFolderError(
    `${folder} ${who === 'owner' ? "is another user's" : 'may be written to by others'}, who could put another folder in the place of ${path}`,
    who === 'owner' ? 'Name a folder in one of your own' : `Name one elsewhere, or \`chmod go-w ${folder}\``,
  );
}

/**
 * Who but the user and root can rename what is in a folder: its owner, or those who may write to it, unless the sticky
 * bit keeps that to the owners of what is in it.
 */
export function whoElse({ uid, mode }: Pick<Stats, 'uid' | 'mode'>, me: number): 'owner' | 'writers' | undefined {
  if (uid !== me && uid !== ROOT) return 'owner';
  return (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0 ? 'writers' : undefined;
}
