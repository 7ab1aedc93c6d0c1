import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where the databases lie, or a link to where they do: PostgreSQL's user cannot enter every folder. */
export function databaseDirectory(folder: string): string {
  return join(folder, 'postgres');
}

/** Deletes the folder of an instance, and what it links to. Its processes have ended. */
export function removeFolder(folder: string): void {
  const databases = databaseDirectory(folder);
  const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
  if (existsSync(databases)) rmSync(realpathSync(databases), options);
  rmSync(folder, options);
}
