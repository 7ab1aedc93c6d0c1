import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * Writes the files of a commit into a folder; the repository and its index stay as they are. It is done by a repository
 * of our own that borrows the objects: hooks, filters and monitors that the other one names are programs, and whoever
 * made it (an archive, a folder that several write to) need not be who reviews it.
 */
export async function checkOut(directory: string, commit: string, into: string, signal: AbortSignal): Promise<void> {
  const [objects, format] = await Promise.all([
    git(directory, 'rev-parse', '--path-format=absolute', '--git-path', 'objects'),
    git(directory, 'rev-parse', '--show-object-format'),
  ]);
  const own = `${into}.git`;
  await git(directory, 'init', '--quiet', '--bare', '--template=', `--object-format=${format}`, own);
  mkdirSync(join(own, 'objects/info'), { recursive: true });
  writeFileSync(join(own, 'objects/info/alternates'), `${objects}\n`);
  mkdirSync(into);
  // Within a hook, git has named the index that it works on.
  const env = { ...process.env, GIT_INDEX_FILE: join(own, 'index') };
  const here = { cwd: into, env, signal };
  try {
    await run('git', [`--git-dir=${own}`, 'read-tree', commit], here);
    await run('git', [`--git-dir=${own}`, `--work-tree=${into}`, 'checkout-index', '--all'], here);
  } catch (error) {
    signal.throwIfAborted();
    throw new NoBaseError(
      `The files of ${commit.slice(0, 7)} cannot be written`,
      'In a partial clone they may not be here: fetch all of them (`git fetch --refetch --no-filter`)',
      { cause: error },
    );
  }
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

/** For an object that a partial clone has not got, git would fetch, by the program that its settings name. */
const NO_PROGRAMS = ['-c', 'protocol.allow=never'];

async function git(directory: string, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...NO_PROGRAMS, ...argv], { cwd: directory });
  return stdout.trim();
}

function named(ref: string, commit: string): string {
  return `${ref} (${commit.slice(0, 7)})`;
}
