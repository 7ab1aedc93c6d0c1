import { randomBytes } from 'node:crypto';

/** What begins our own lines in one transfer. */
export function newNonce(): string {
  return randomBytes(8).toString('hex');
}
