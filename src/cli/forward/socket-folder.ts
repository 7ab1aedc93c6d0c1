import { lstatSync, mkdirSync, rmdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../errors';
import { SocketFolderError, socketPlace } from './socket-place';

/** What a socket's address has room for, less the NUL behind it: `sun_path` of Linux and of macOS. */
const MOST_BYTES = process.platform === 'linux' ? 107 : 103;

/**
 * A folder for unix sockets, which its owner alone may enter: so nobody else reaches what listens there, whatever the
 * sockets' own modes are. One that was not there before goes with its disposal.
 */
export class SocketFolder implements Disposable {
  private constructor(
    readonly path: string,
    private readonly isOurs: boolean,
  ) {}

  /** @throws SocketFolderError when it cannot be made, or others may enter it or put another in its place */
  static open(named: string): SocketFolder {
    const path = socketPlace(named);
    const isOurs = make(path);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) {
      throw new SocketFolderError(`${path} is a symbolic link`, 'Name the folder itself, by its real path');
    }
    if (!stat.isDirectory()) throw new SocketFolderError(`${path} is no folder`, 'Name another with --socket');
    if (isOthers(stat)) {
      throw new SocketFolderError(
        `${path} is not yours alone, and whoever may enter it may use its sockets`,
        `Name one that is not there yet, or \`chmod 700\` your own`,
      );
    }
    return new SocketFolder(path, isOurs);
  }

  /** Where the socket of that name is. @throws SocketFolderError when that is longer than an address may be */
  at(name: string): string {
    const path = join(this.path, name);
    const length = Buffer.byteLength(path);
    if (length <= MOST_BYTES) return path;
    throw new SocketFolderError(
      `${path} has ${length} bytes, and the address of a socket has room for ${MOST_BYTES}`,
      'Name a folder with a shorter path with --socket',
    );
  }

  [Symbol.dispose](): void {
    if (!this.isOurs) return;
    try {
      rmdirSync(this.path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error; // somebody has use for it
    }
  }
}

/** @returns whether it was not there */
function make(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EROFS', 'ENAMETOOLONG')) throw error;
    throw new SocketFolderError(`The folder ${path} cannot be made`, 'Name another with --socket', { cause: error });
  }
}

function isOthers({ uid, mode }: Stats): boolean {
  return (mode & 0o077) !== 0 || (process.getuid !== undefined && uid !== process.getuid());
}
