import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, UserError } from '../errors';
import type { Endpoints } from './endpoints';

/** A local AWS in the background, as its folder records it. */
export interface Instance extends Endpoints {
  readonly id: string;
  readonly pid: number;
  readonly mark: string;
  readonly variables: Readonly<Record<string, string>>;
}

const RECORD = 'instance.json';

export function writeRecord(directory: string, instance: Instance): void {
  const file = join(directory, RECORD);
  const made = `${file}.${process.pid}`;
  // The key is in it: nobody else can read it at any moment, and a file that is there already does not lend it its mode.
  writeFileSync(made, JSON.stringify(instance), { mode: 0o600, flag: 'wx' });
  renameSync(made, file);
}

/**
 * What `writeRecord` has written; undefined where there is no such file, or one of that name that says other things.
 * @throws UserError for one that another user has written
 */
export function readRecord(directory: string): Instance | undefined {
  const file = join(directory, RECORD);
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isInstance(value) ? value : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR') || error instanceof SyntaxError) return undefined;
    if (!isErrno(error, 'EACCES')) throw error;
    throw new UserError(`${file} cannot be read: it is another user's`, 'Name another folder with LOCAL_AWS_DIR', {
      cause: error,
    });
  }
}

function isInstance(value: unknown): value is Instance {
  if (typeof value !== 'object' || value === null) return false;
  const { id, pid, mark, endpoint, variables } = value as Readonly<Record<string, unknown>>;
  const texts = [id, mark, endpoint].every((one) => typeof one === 'string' && one !== '');
  return texts && typeof pid === 'number' && typeof variables === 'object' && variables !== null;
}
