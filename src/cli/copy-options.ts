import { UsageError } from '../errors';
import { isTableName } from '../transfer/copy';
import type { CsvFormat } from '../transfer/csv-file';
import { streamCount } from './dump-options';
import type { Values } from './options';
import type { TaskOptions } from './task-options';

interface CopyOptions extends TaskOptions {
  readonly format: CsvFormat;
  /** Another database than the task's own. */
  readonly database: string | undefined;
}

export interface CopyOutOptions extends CopyOptions {
  /** A table or a query. */
  readonly source: string;
  /** `undefined` or `-`: standard output. */
  readonly file: string | undefined;
  readonly force: boolean;
  readonly streams: number;
}

export interface CopyInOptions extends CopyOptions {
  readonly table: string;
  /** `-`: standard input. */
  readonly file: string;
}

/** @throws UsageError */
export function copyOutOptions(task: TaskOptions, values: Values, words: readonly string[]): CopyOutOptions {
  const [source, file, ...more] = words;
  if (source === undefined)
    throw new UsageError('copy-out needs a table or a query', 'For example: copy-out "select 1" a.csv');
  if (more.length > 0) throw new UsageError('copy-out takes a query and a file', 'Write the query in quotes');
  const force = values.force === true;
  return { ...task, ...common(values), source, file, force, streams: streamCount(values.streams) };
}

/** @throws UsageError */
export function copyInOptions(task: TaskOptions, values: Values, words: readonly string[]): CopyInOptions {
  const [table, file, ...more] = words;
  if (table === undefined || file === undefined || more.length > 0) {
    throw new UsageError('copy-in needs a table and a file', 'For example: copy-in users users.csv');
  }
  if (!isTableName(table)) {
    throw new UsageError(
      `${JSON.stringify(table)} is no table’s name`,
      'Write it as in SQL: users, sales.orders, "My Table"',
    );
  }
  return { ...task, ...common(values), table, file };
}

function common(values: Values): Omit<CopyOptions, keyof TaskOptions> {
  const { delimiter = ',', null: nullText = '', encoding = 'UTF8' } = values;
  // As COPY has it; letters and a dot could be data.
  if (!/^[^\n\r"\\]$/.test(delimiter) || delimiter.charCodeAt(0) > 0x7e) {
    throw new UsageError('--delimiter is one character of ASCII', "For a tab write $'\\t'");
  }
  if (/[\n\r"]/.test(nullText) || nullText.includes(delimiter)) {
    throw new UsageError('--null may hold no end of line, no quote and no delimiter');
  }
  if (!/^[A-Za-z0-9_-]+$/.test(encoding)) throw new UsageError(`--encoding ${JSON.stringify(encoding)} is no name`);
  return {
    format: { hasHeader: values['no-header'] !== true, delimiter, nullText, encoding },
    database: values.dbname,
  };
}
