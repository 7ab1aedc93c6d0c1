import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLAIM, hasClaimedFolder } from './claim';
import { START_LOCK } from './start-lock';

/** The address of a Unix socket has 104 bytes on macOS, four more on Linux, and ends with a zero. */
const LONGEST_SOCKET_BYTES = 103;
const SOCKET_NAME = 'socket';

/** Where the databases lie, or a link to where they do: PostgreSQL's user cannot enter every folder. */
export function databaseDirectory(folder: string): string {
  return join(folder, 'postgres');
}

/**
 * Makes a folder that nobody else may enter, for one Unix socket; where the path would be too long, in the place for
 * temporary files. @returns its path, or the path that a link in `folder` leads to
 */
export function makeSocketDirectory(folder: string, longest = LONGEST_SOCKET_BYTES): string {
  const directory = socketDirectory(folder);
  if (Buffer.byteLength(join(directory, SOCKET_NAME)) > longest) {
    const elsewhere = mkdtempSync(join(tmpdir(), 'aurora-bastion-'));
    symlinkSync(elsewhere, directory);
    return elsewhere;
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700); // one that was there too
  return directory;
}

const DELETION = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;

/**
 * Deletes the folder of an instance, and what it links to. Its processes have ended.
 * @throws ForeignFolderError where it is no local AWS's; then nothing has changed
 */
export function removeFolder(folder: string): void {
  if (!hasClaimedFolder(folder)) return;
  emptyFolder(folder);
  rmSync(realpathSync(folder), DELETION); // the claim last: a deletion that is broken off can be called again
  rmSync(folder, DELETION); // a link to it
}

/** Deletes what an instance left in its folder, for one that starts there: the claim and the lock stay. As `removeFolder`. */
export function emptyFolder(folder: string): void {
  if (!hasClaimedFolder(folder)) return;
  for (const part of [databaseDirectory(folder), socketDirectory(folder)]) {
    if (existsSync(part)) rmSync(realpathSync(part), DELETION);
  }
  const rest = readdirSync(folder).filter((name) => name !== CLAIM && name !== START_LOCK);
  for (const name of rest) rmSync(join(folder, name), DELETION);
}

function socketDirectory(folder: string): string {
  return join(folder, 'moto');
}
