import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, UserError } from '../errors';
import { readRecord } from './record';

/** The file that says that a folder was made for a local AWS, and may be deleted with all that is in it. */
export const CLAIM = 'aurora-bastion-local-aws';
const CLAIM_TEXT =
  'The local AWS of aurora-bastion keeps its files here. It deletes this folder with all that is in it.\n';

/** A folder that a local AWS cannot have: somebody else's, or one that holds other things. */
export class ForeignFolderError extends UserError {
  constructor(what: string, cause?: unknown) {
    super(what, 'Name a new or an empty folder with LOCAL_AWS_DIR', { cause });
  }
}

/**
 * Makes the folder of a local AWS, or takes an empty one. Its claim is written before anything else, so that a folder
 * without one is never taken for ours.
 * @throws ForeignFolderError; then nothing has changed
 */
export function claimFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    // Looked at first: whoever claims it at the same time writes the claim before all else.
    const isEmpty = readdirSync(folder).length === 0;
    requireOwner(folder);
    if (!isEmpty) requireClaim(folder);
    writeFileSync(join(folder, CLAIM), CLAIM_TEXT);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR')) throw error;
    throw new ForeignFolderError(`${folder} cannot be made or written to`, error);
  }
}

/** Whether there is the folder of a local AWS. @throws ForeignFolderError where there is another */
export function hasClaimedFolder(folder: string): boolean {
  if (!requireOwner(folder)) return false;
  requireClaim(folder);
  return true;
}

/** Whether there is a folder. One of another user may lead us anywhere. @throws ForeignFolderError */
export function requireOwner(folder: string): boolean {
  const uid = ownerOf(folder);
  if (uid === undefined) return false;
  const user = process.geteuid?.();
  if (user === undefined || user === uid) return true;
  throw new ForeignFolderError(`${folder} belongs to another user`);
}

/** The record alone is that of a version that wrote no claim. */
function requireClaim(folder: string): void {
  if (existsSync(join(folder, CLAIM)) || readRecord(folder) !== undefined) return;
  throw new ForeignFolderError(`${folder} holds files that are not those of a local AWS`);
}

function ownerOf(folder: string): number | undefined {
  try {
    return statSync(folder).uid;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isErrno(error, 'EACCES')) throw new ForeignFolderError(`${folder} cannot be entered`, error);
    throw error;
  }
}
