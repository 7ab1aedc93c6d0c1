import { UsageError } from '../errors';
import { streamCount } from './dump-options';
import type { Values } from './options';
import type { TaskOptions } from './task-options';

export interface CpOptions extends TaskOptions {
  /** Into the task or out of it. */
  readonly direction: 'in' | 'out';
  readonly sources: readonly CpPath[];
  readonly to: CpPath;
  /** Folders too. */
  readonly recursive: boolean;
  /** Also links that lead out of the folder that is copied. */
  readonly keepLinks: boolean;
  readonly force: boolean;
  readonly streams: number;
}

export interface CpPath {
  /** As it was given, with its colon. */
  readonly shown: string;
  /** Without a slash at its end; in the task absolute, or it begins with `./`. */
  readonly path: string;
  /** It was given with a slash at its end. */
  readonly endsInSlash: boolean;
}

/** What stands before a path in the task. */
export const IN_THE_TASK = ':';
const EXAMPLE = 'For example: cp report.csv :/tmp/   or: cp -r :/tmp/out .';

/** @throws UsageError */
export function cpOptions(task: TaskOptions, values: Values, words: readonly string[]): CpOptions {
  const [sources, to] = [words.slice(0, -1), words.at(-1)];
  if (to === undefined || sources.length === 0) throw new UsageError('cp needs a source and a target', EXAMPLE);
  if (words.includes('')) throw new UsageError('A path is empty', EXAMPLE);
  const remote = sources.filter(isInTheTask).length;
  if (remote > 0 && remote < sources.length) {
    throw new UsageError('Some sources are in the task and some are not', 'Copy them one after the other');
  }
  const direction = isInTheTask(to) ? 'in' : 'out';
  if (remote > 0 && direction === 'in') {
    throw new UsageError('Both sides are in the task', 'Copy there with: exec -- cp …; a local :x is written ./:x');
  }
  if (remote === 0 && direction === 'out') {
    throw new UsageError('No path is in the task', `Such a path begins with a colon. ${EXAMPLE}`);
  }
  if (direction === 'in' && values.streams !== undefined) {
    throw new UsageError('--streams is for what comes out of the task');
  }
  return {
    ...task,
    // What is copied into a new task would end with it.
    target: task.target.kind === 'new' || task.target.kind === 'reuse' ? { kind: 'running' } : task.target,
    direction,
    sources: sources.map(pathOf),
    to: pathOf(to),
    recursive: values.recursive === true,
    keepLinks: values['keep-links'] === true,
    force: values.force === true,
    streams: streamCount(values.streams),
  };
}

function isInTheTask(word: string): boolean {
  return word.startsWith(IN_THE_TASK);
}

function pathOf(shown: string): CpPath {
  if (!isInTheTask(shown)) return { shown, path: shown, endsInSlash: /[/\\]$/.test(shown) };
  const path = shown.slice(IN_THE_TASK.length);
  const bare = path.replace(/(?<=.)\/+$/, '');
  return {
    shown,
    path: bare.startsWith('/') ? bare : bare === '' ? '.' : `./${bare}`,
    endsInSlash: path.length > bare.length,
  };
}
