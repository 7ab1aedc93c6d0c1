import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** Deletes the folder of an instance, and what it links to. Its processes have ended. */
export function removeFolder(folder: string): void {
  const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
  for (const part of [databaseDirectory(folder), socketDirectory(folder)]) {
    if (existsSync(part)) rmSync(realpathSync(part), options);
  }
  rmSync(folder, options);
}

function socketDirectory(folder: string): string {
  return join(folder, 'moto');
}
