import { UsageError } from '../errors';
import { isUtf8 } from '../psql/encodings';
import type { Given } from './command-line';
import type { Values } from './options';
import type { TaskOptions } from './task-options';

/** SQL, in the order it was given. */
export type SqlInput =
  | { readonly kind: 'command'; readonly text: string }
  /** `-` is standard input. */
  | { readonly kind: 'file'; readonly path: string };

export interface SqlOptions extends TaskOptions {
  readonly inputs: readonly SqlInput[];
  readonly json: boolean;
  readonly quiet: boolean;
  /** psql's own options. */
  readonly flags: readonly string[];
  /** `NAME=VALUE`, or `NAME` to take it away. */
  readonly settings: readonly string[];
  /** Another database than the task's own. */
  readonly database: string | undefined;
  /** Of what goes to psql and comes from it. */
  readonly encoding: string;
  /** Replace files that are there. */
  readonly force: boolean;
}

/** @throws UsageError */
export function sqlOptions(task: TaskOptions, values: Values, given: readonly Given[]): SqlOptions {
  const { json = false, dbname: database, encoding = 'UTF8', set: settings = [] } = values;
  const flags = flagsOf(values);
  if (json && flags.some((flag) => !['-1', '-q'].includes(flag))) {
    throw new UsageError('--json and another format exclude each other');
  }
  if (json && !isUtf8(encoding)) throw new UsageError('JSON is in UTF-8: --json and --encoding exclude each other');
  if (!/^[\w-]+$/.test(encoding)) throw new UsageError(`--encoding cannot be ${JSON.stringify(encoding)}`);
  if (database !== undefined && /\bpassword\s*=|:\/\/[^/@]*:[^/@]*@/i.test(database)) {
    throw new UsageError('A password cannot stand on a command line', 'The task has its own');
  }
  for (const setting of settings) {
    const [name = ''] = setting.split('=');
    if (!/^[A-Za-z0-9_\u0080-\u{10ffff}]+$/u.test(name)) {
      throw new UsageError(`${JSON.stringify(name)} is no name of a variable`, 'Write -v NAME=VALUE');
    }
    if (/\0/.test(setting)) throw new UsageError('A value of -v contains a NUL character');
  }
  const inputs = inputsOf(given);
  return {
    ...task,
    ...{
      inputs,
      json,
      quiet: values.quiet === true,
      flags,
      settings,
      database,
      encoding,
      force: values.force === true,
    },
  };
}

function inputsOf(given: readonly Given[]): readonly SqlInput[] {
  const inputs: SqlInput[] = [];
  for (const { name, value = '' } of given) {
    if (name === 'command' && value.trim() === '') throw new UsageError('-c has nothing to run');
    if (name === 'command') inputs.push({ kind: 'command', text: value });
    if (name === 'file') inputs.push({ kind: 'file', path: value });
  }
  if (inputs.filter((input) => input.kind === 'file' && input.path === '-').length > 1) {
    throw new UsageError('Standard input can be read once');
  }
  return inputs.length === 0 ? [{ kind: 'file', path: '-' }] : inputs;
}

function flagsOf(values: Values): readonly string[] {
  const { 'field-separator': separator } = values;
  const flags = [
    values['single-transaction'] === true && '-1',
    values.quiet === true && '-q',
    values.csv === true && '--csv',
    values['no-align'] === true && '-A',
    values['tuples-only'] === true && '-t',
    values.expanded === true && '-x',
    separator !== undefined && `--field-separator=${separator}`,
  ];
  return flags.filter((flag) => flag !== false);
}
