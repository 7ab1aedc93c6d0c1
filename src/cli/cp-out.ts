import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { posix } from 'node:path';
import { isErrno, UserError } from '../errors';
import { get } from '../transfer/files/get';
import { explained } from '../transfer/partial-file';
import { clock, Progress, size } from '../transfer/progress';
import type { ConnectContext } from './connect';
import type { CpOptions, CpPath } from './cp-options';
import { notCopied } from './cp-left';
import { explainRefusal } from './cp-refusals';
import { inside, type Inside } from './inside';

/** What comes, and what it is called here. */
interface Pair {
  readonly source: CpPath;
  readonly target: string;
}

/** Copies files and folders of a task to this machine. @returns the exit code */
export async function cpOut(options: CpOptions, context: ConnectContext): Promise<number> {
  const pairs = await pairsOf(options);
  for (const { target } of pairs) await refuseExisting(target, options);
  return await inside(options, context, async (task) => {
    for (const pair of pairs) await fetch(pair, task, options, context);
    return 0;
  });
}

async function fetch(
  { source, target }: Pair,
  { run }: Inside,
  { recursive, keepLinks, force, streams }: CpOptions,
  { terminal, story, interruption }: ConnectContext,
): Promise<void> {
  const startedAt = performance.now();
  let progress: Progress | undefined;
  const { bytes, files, skipped, left, said } = await get({
    run,
    path: source.path,
    target,
    recursive,
    keepLinks,
    force,
    streams,
    signal: interruption.signal,
    onProgress: (come, total) => {
      progress ??= new Progress(terminal.story, total > 0 ? total : undefined);
      progress.update(come);
    },
  })
    .finally(() => progress?.[Symbol.dispose]())
    .catch((error: unknown) => {
      throw explainRefusal(error, () => source.shown);
    });
  if (said !== '') story.line(said.trim());
  for (const line of notCopied({ skipped, left })) story.line(line);
  const count = files === undefined ? '' : `${files} ${files === 1 ? 'file' : 'files'}, `;
  story.line(`Copied ${source.shown} to ${target}: ${count}${size(bytes)} in ${clock(performance.now() - startedAt)}`);
}

/** Where each source goes. @throws UserError */
async function pairsOf({ sources, to, recursive }: CpOptions): Promise<readonly Pair[]> {
  const isFolder = await stat(to.path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw explained(error, to.shown);
    },
  );
  if (isFolder !== true) {
    if (sources.length > 1 || (to.endsInSlash && !recursive)) {
      throw new UserError(`${to.shown} ${isFolder === undefined ? 'is not there' : 'is no folder'}`, 'Make it first');
    }
    return sources.map((source) => ({ source, target: to.path.replace(/(?<=.)[/\\]+$/, '') }));
  }
  const pairs = sources.map((source) => {
    const name = posix.basename(source.path);
    if (['', '.', '..'].includes(name)) {
      throw new UserError(
        `${source.shown} has no name that it could get in ${to.shown}`,
        'Name a new folder as target',
      );
    }
    return { source, target: join(to.path, name) };
  });
  const double = pairs.find(({ target }, at) => pairs.findIndex((one) => one.target === target) < at);
  if (double !== undefined) throw new UserError(`Two sources would become ${double.target}`);
  return pairs;
}

/** Before anything is moved. @throws UserError when the target is there, or nothing can be written there */
async function refuseExisting(target: string, { recursive, force }: CpOptions): Promise<void> {
  try {
    await access(dirname(target), constants.W_OK);
    const found = await lstat(target);
    if (found.isDirectory() && !recursive) throw new UserError(`${target} is a folder`, 'Add -r to copy folders');
    if (!force) {
      const remedy = found.isDirectory() ? 'Add --force to copy into it' : 'Add --force to replace it';
      throw new UserError(`${target} exists already`, remedy);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT') && (await isThere(dirname(target)))) return;
    throw explained(error, isErrno(error, 'ENOENT', 'EACCES', 'EROFS') ? dirname(target) : target);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
