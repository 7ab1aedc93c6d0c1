import { access, constants, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isErrno, UserError } from '../errors';

/** Taken for itself on both sides. */
export const NOWHERE = '/dev/null';

/** The user's files that a script reads and writes, and their names in the folder of psql in the container. */
export class Files {
  private readonly readNames = new Map<string, string>();
  private readonly writtenNames = new Map<string, string>();
  private readonly sent = new Set<string>();
  private isComplete = false;

  constructor(private readonly folder: string) {}

  /** What is written, by its name in the container. */
  get written(): ReadonlyMap<string, string> {
    return new Map([...this.writtenNames].map(([path, name]) => [name, path]));
  }

  /** The script is gone through once more, to be sent: from now on it may name no other file. */
  complete(): void {
    this.isComplete = true;
    this.sent.clear();
  }

  /** A path as psql takes it: from a folder, with `~/` for home. */
  path(text: string, folder = this.folder): string {
    const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : text;
    return isAbsolute(path) ? path : join(folder, path);
  }

  /** @returns its name there, and whether it has to be sent now */
  reads(path: string): { readonly name: string; readonly isNew: boolean } {
    const isNew = !this.sent.has(path);
    this.sent.add(path);
    return { name: this.name(this.readNames, path, 'in'), isNew };
  }

  writes(path: string): string {
    return this.name(this.writtenNames, path, 'out');
  }

  isWritten(path: string): boolean {
    return this.writtenNames.has(path);
  }

  private name(names: Map<string, string>, path: string, prefix: string): string {
    const known = names.get(path);
    if (known !== undefined) return known;
    if (this.isComplete)
      throw new UserError(`A script has changed while it was read: it names ${path} now`, 'Try again');
    const name = `${prefix}.${names.size}`;
    names.set(path, name);
    return name;
  }
}

/** Why a file cannot be read as one; undefined: it can. */
export async function whyUnreadable(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'is a folder';
    if (!found.isFile()) return 'is no regular file';
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'is not there';
    if (isErrno(error, 'EACCES', 'EPERM')) return 'may not be read';
    return error instanceof Error ? error.message : String(error);
  }
}
