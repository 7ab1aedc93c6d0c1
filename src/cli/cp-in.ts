import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '../errors';
import { type Parcel, parcelOf, put, type Source } from '../transfer/files/put';
import { RemoteFailure } from '../transfer/files/refusal';
import { explained } from '../transfer/partial-file';
import { clock, Progress, size } from '../transfer/progress';
import type { ConnectContext } from './connect';
import type { CpOptions, CpPath } from './cp-options';
import { notCopied } from './cp-left';
import { explainRefusal } from './cp-refusals';
import { inside, type Inside } from './inside';

const TIDY_SECONDS = 3;

/** Copies files and folders of this machine into a task. @returns the exit code */
export async function cpIn(options: CpOptions, context: ConnectContext): Promise<number> {
  const how = { keepLinks: options.keepLinks, signal: context.interruption.signal };
  const sources = await sourcesOf(options);
  const parcel = await parcelOf(sources, how);
  return await inside(options, context, async (task) => {
    try {
      await deliver(parcel, task, options, context);
    } catch (error) {
      const hasNoArchiver = error instanceof RemoteFailure && error.refusal === 'archiver';
      if (!hasNoArchiver || !parcel.sources.every(({ root }) => root.kind === 'file')) throw error;
      // Files alone need none, when each has a session of its own.
      for (const source of sources) await deliver(await parcelOf([source], how), task, options, context);
    }
    return 0;
  }).catch((error: unknown) => {
    const { to } = options;
    const pathOf = (index: number, isInFolder: boolean): string =>
      isInFolder ? shownIn(to, sources[index]?.name) : to.shown;
    throw explainRefusal(error, pathOf);
  });
}

/** Looks at what is to be copied, before anything is. @throws UserError */
async function sourcesOf({ sources, recursive }: CpOptions): Promise<readonly Source[]> {
  const found: Source[] = [];
  for (const { shown, path } of sources) {
    const kind = await stat(path).catch((error: unknown) => {
      throw explained(error, shown);
    });
    if (kind.isDirectory() && !recursive) throw new UserError(`${shown} is a folder`, 'Add -r to copy folders');
    if (!kind.isDirectory() && !kind.isFile()) throw new UserError(`${shown} is neither a file nor a folder`);
    // A dot has the name of the folder that it stands for.
    const name = basename(resolve(path));
    if (name === '') throw new UserError(`${shown} has no name`, 'Name a folder in it');
    if (found.some((other) => other.name === name)) throw new UserError(`Two sources have the name ${name}`);
    found.push({ path, name });
  }
  return found;
}

async function deliver(
  parcel: Parcel,
  { run }: Inside,
  { to, force, sources: all }: CpOptions,
  { terminal, story, interruption }: ConnectContext,
): Promise<void> {
  const startedAt = performance.now();
  const { sources, entries, bytes } = parcel;
  const [first] = sources;
  const { isInFolder, said } = await (async () => {
    using progress = new Progress(terminal.story, bytes);
    return await put(parcel, {
      // What lies half-written beside the target goes also when the session is lost.
      run: (words, streams, signal) => run(words, streams, signal, TIDY_SECONDS),
      target: to.path,
      intoFolder: all.length > 1 || (to.endsInSlash && first?.root.kind === 'file'),
      force,
      signal: interruption.signal,
      onProgress: (sent) => {
        progress.update(sent);
      },
    });
  })();
  if (said !== '') story.line(said.trim());
  for (const line of notCopied(parcel)) story.line(line);
  const what = sources.length === 1 ? (first?.path ?? '') : `${sources.length} sources`;
  const where = isInFolder && sources.length === 1 ? shownIn(to, first?.name) : to.shown;
  const files = entries.filter(({ kind }) => kind !== 'folder');
  const contents = size(files.reduce((sum, file) => sum + file.bytes, 0));
  const count = parcel.format === 'bytes' ? '' : `${files.length} ${files.length === 1 ? 'file' : 'files'}, `;
  story.line(`Copied ${what} to ${where}: ${count}${contents} in ${clock(performance.now() - startedAt)}`);
}

function shownIn(to: CpPath, name = ''): string {
  return to.shown.endsWith('/') ? `${to.shown}${name}` : `${to.shown}/${name}`;
}
