import { extname } from 'node:path';
import { UsageError } from '../errors';
import type { DumpFormat } from '../transfer/dump';
import { MOST_STREAMS } from '../transfer/source-script';
import type { TaskOptions } from './task-options';
import type { Values } from './options';

export interface DumpOptions extends TaskOptions {
  /** `undefined`: a name from the time; `-`: standard output. */
  readonly file: string | undefined;
  readonly force: boolean;
  /** Another database than the task's own. */
  readonly database: string | undefined;
  readonly streams: number;
  readonly format: DumpFormat;
  /** `pg_dump`'s own options. */
  readonly rest: readonly string[];
}

export interface RestoreOptions extends TaskOptions {
  readonly file: string;
  readonly inOneTransaction: boolean;
  /** Backslash commands in the dump are run too. */
  readonly unrestricted: boolean;
  /** Another database than the task's own. */
  readonly database: string | undefined;
  /** `pg_restore`'s own options, or `psql`'s for a plain dump. */
  readonly rest: readonly string[];
}

/** @throws UsageError */
export function dumpOptions(
  task: TaskOptions,
  values: Values,
  words: readonly string[],
  rest: readonly string[] = [],
): DumpOptions {
  const [file, ...more] = words;
  if (more.length > 0) throw new UsageError('dump writes one file', 'Write -- before the options of pg_dump');
  refuse(rest, {
    file: ['-f', '--file', 'The file is named before the --'],
    database: ['-d', '--dbname', 'Name it before the --'],
    jobs: ['-j', '--jobs', 'pg_dump does it in the directory format only; --streams is faster on the way'],
    password: ['-W', '--password', 'The password comes from the task'],
  });
  const isPlainFile = file !== undefined && extname(file) === '.sql';
  return {
    ...task,
    file,
    force: values.force === true,
    database: values.dbname,
    streams: streamCount(values.streams),
    format: formatOf(rest) ?? (isPlainFile ? 'plain' : 'custom'),
    rest,
  };
}

/** @throws UsageError */
export function restoreOptions(
  task: TaskOptions,
  values: Values,
  words: readonly string[],
  rest: readonly string[] = [],
): RestoreOptions {
  const [file, ...more] = words;
  if (file === undefined) throw new UsageError('restore needs a file');
  if (more.length > 0) throw new UsageError('restore takes one file', 'Write -- before the options of pg_restore');
  refuse(rest, {
    file: ['-f', '--file', 'The file is named before the --'],
    database: ['-d', '--dbname', 'Name it before the --'],
    jobs: ['-j', '--jobs', 'The dump comes in one stream, and everything goes into one transaction'],
    create: ['-C', '--create', 'A database cannot be made in a transaction: make it first, and name it with --dbname'],
    password: ['-W', '--password', 'The password comes from the task'],
  });
  return {
    ...task,
    file,
    inOneTransaction: values['no-single-transaction'] !== true,
    unrestricted: values.unrestricted === true,
    database: values.dbname,
    rest,
  };
}

/** @throws UsageError */
export function streamCount(value: string | undefined): number {
  if (value === undefined) return 1;
  const count = /^\d+$/.test(value) ? Number(value) : 0;
  if (count >= 1 && count <= MOST_STREAMS) return count;
  throw new UsageError(`--streams is ${JSON.stringify(value)}, expected 1 to ${MOST_STREAMS}`);
}

/** The format that pg_dump's own options ask for. */
function formatOf(rest: readonly string[]): DumpFormat | undefined {
  const at = rest.findIndex((word) => /^(-F|--format)/.test(word));
  const word = rest[at];
  if (word === undefined) return undefined;
  const value = /^(?:-F|--format=)(.+)$/.exec(word)?.[1] ?? rest[at + 1] ?? '';
  if (/^(c|custom)$/.test(value)) return 'custom';
  if (/^(p|plain)$/.test(value)) return 'plain';
  throw new UsageError(`dump writes no format ${JSON.stringify(value)}`, 'Use custom or plain');
}

function refuse(
  rest: readonly string[],
  wrong: Readonly<Record<string, readonly [short: string, long: string, remedy: string]>>,
): void {
  for (const [short, long, remedy] of Object.values(wrong)) {
    const found = rest.find(
      (word) => word === long || word.startsWith(`${long}=`) || (word.startsWith(short) && !word.startsWith('--')),
    );
    if (found !== undefined) throw new UsageError(`${found} cannot be used here`, remedy);
  }
}
