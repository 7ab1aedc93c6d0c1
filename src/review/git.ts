import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isErrno, UserError } from '../errors';

const run = promisify(execFile);

/** A commit to review against. */
export interface Base {
  readonly commit: string;
  /** For the reader: `main (19c906b)`. */
  readonly name: string;
}

export class NoBaseError extends UserError {}

/**
 * The commit that `ref` names; without one, the last that this branch has in common with the default branch.
 * @throws NoBaseError
 */
export async function findBase(directory: string, ref: string | undefined): Promise<Base> {
  if (ref !== undefined) {
    // An option in disguise would be taken for one by git.
    const commit = ref.startsWith('-') ? undefined : await revParse(directory, `${ref}^{commit}`);
    if (commit === undefined) {
      throw new NoBaseError(`There is no commit ${JSON.stringify(ref)} here`, 'Fetch it, or pass another --base');
    }
    return { commit, name: named(ref, commit) };
  }
  const head = await revParse(directory, 'HEAD^{commit}');
  if (head === undefined) throw new NoBaseError('This is no git repository with a commit', 'Run it in a clone');
  const branch = await defaultBranch(directory);
  if (branch === undefined) return { commit: head, name: named('HEAD', head) };
  const commit = await git(directory, 'merge-base', branch, 'HEAD').catch(() => undefined);
  if (commit === undefined) {
    throw new NoBaseError(
      `HEAD and ${branch} have no commit in common here`,
      'In a shallow clone, fetch more of it (`git fetch --unshallow`), or pass --base',
    );
  }
  return { commit, name: named(commit === head ? 'HEAD' : branch, commit) };
}

/** Writes the files of a commit into a folder; the repository and its index stay as they are. */
export async function checkOut(directory: string, commit: string, into: string, signal: AbortSignal): Promise<void> {
  const env = { ...process.env, GIT_INDEX_FILE: `${into}.index` };
  const root = await git(directory, 'rev-parse', '--show-toplevel');
  await run('git', ['read-tree', commit], { cwd: root, env, signal });
  await run('git', ['checkout-index', '--all', '--force', `--prefix=${into}/`], { cwd: root, env, signal });
}

/** Where the folder lies in its repository: empty, or `some/folder/`. */
export function prefixOf(directory: string): Promise<string> {
  return git(directory, 'rev-parse', '--show-prefix');
}

/** Whether the packages that the base wants are others than those that are installed. */
export function lockDiffers(base: string, head: string): boolean {
  return readLock(base) !== readLock(head);
}

function readLock(directory: string): string {
  try {
    return readFileSync(join(directory, 'package-lock.json'), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

async function defaultBranch(directory: string): Promise<string | undefined> {
  const remote = await git(directory, 'symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD').catch(() => '');
  for (const branch of [remote, 'origin/main', 'main', 'origin/master', 'master']) {
    if (branch !== '' && (await revParse(directory, `${branch}^{commit}`)) !== undefined) return branch;
  }
  return undefined;
}

function revParse(directory: string, revision: string): Promise<string | undefined> {
  return git(directory, 'rev-parse', '--verify', '--quiet', '--end-of-options', revision).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) throw new NoBaseError('git is not on the PATH', 'Install git', { cause: error });
    return undefined;
  });
}

async function git(directory: string, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...argv], { cwd: directory });
  return stdout.trim();
}

function named(ref: string, commit: string): string {
  return `${ref} (${commit.slice(0, 7)})`;
}
