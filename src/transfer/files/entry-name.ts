import { join } from 'node:path';
import { UserError } from '../../errors';

/** Linux's own limit for a path, in bytes. */
const MOST_NAME_BYTES = 4096;

/** Where a name of an archive lies. @throws UserError when that is outside, or the name is none */
export function inside(root: string, name: string): string {
  const parts = textOf(name)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || parts.some((part) => join(part) !== part)) {
    throw new UserError(`What comes has a path that leads out of its folder: ${JSON.stringify(name)}`);
  }
  return join(root, ...parts);
}

/** Names are bytes; those that are no text have lost some on their way here. @throws UserError */
export function textOf(name: string): string {
  if (name.includes('\uFFFD')) {
    throw new UserError(`A name in the folder is not UTF-8: ${JSON.stringify(name)}`, 'Rename it in the task');
  }
  if (name.includes('\0')) throw new UserError(`What comes has a name with a NUL byte: ${JSON.stringify(name)}`);
  if (Buffer.byteLength(name) > MOST_NAME_BYTES) {
    throw new UserError(`What comes has a name that is too long: ${JSON.stringify(name.slice(0, 50))} …`);
  }
  return name;
}
