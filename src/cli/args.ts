import { UsageError } from '../errors';
import { splitLine } from './command-line';
import { type CopyInOptions, copyInOptions, type CopyOutOptions, copyOutOptions } from './copy-options';
import { type CpOptions, cpOptions } from './cp-options';
import { type DumpOptions, dumpOptions, type RestoreOptions, restoreOptions } from './dump-options';
import { type ForwardOptions, forwardOptions } from './forward-options';
import { isCommand, type Values } from './options';
import { type SqlOptions, sqlOptions } from './sql-options';
import {
  newTaskOptions,
  type NewTaskOptions,
  type Target,
  targetOf,
  taskOptions,
  type TaskOptions,
  type Where,
  whereOf,
} from './task-options';

export type { NewTaskOptions, Target, TaskOptions, Where } from './task-options';

/** What the command line asks for when it is a session. */
export interface ConnectOptions extends TaskOptions {
  /** What runs in the container: `/bin/sh`, `psql` and its arguments, or those of `exec`. */
  readonly words: readonly string[];
  /** Whether it runs at a terminal: where we have one, or by `exec`'s choice. */
  readonly tty: 'auto' | 'always' | 'never';
  /** Use an installed session-manager-plugin. */
  readonly plugin: boolean;
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'connect'; readonly options: ConnectOptions }
  | { readonly kind: 'start'; readonly options: Where & NewTaskOptions }
  | { readonly kind: 'status'; readonly options: Where & { readonly json: boolean } }
  | { readonly kind: 'stop'; readonly options: StopOptions }
  | { readonly kind: 'logs'; readonly options: Where & { readonly task: string | undefined; readonly follow: boolean } }
  | { readonly kind: 'doctor'; readonly options: DoctorOptions }
  | { readonly kind: 'policy'; readonly options: PolicyOptions }
  | { readonly kind: 'sql'; readonly options: SqlOptions }
  | { readonly kind: 'dump'; readonly options: DumpOptions }
  | { readonly kind: 'copy-out'; readonly options: CopyOutOptions }
  | { readonly kind: 'copy-in'; readonly options: CopyInOptions }
  | { readonly kind: 'restore'; readonly options: RestoreOptions }
  | { readonly kind: 'cp'; readonly options: CpOptions }
  | { readonly kind: 'forward'; readonly options: ForwardOptions };

export interface StopOptions extends Where {
  /** Ids or ARNs. */
  readonly tasks: readonly string[];
  readonly scope: 'mine' | 'all' | undefined;
  readonly yes: boolean;
}

export interface PolicyOptions extends Where {
  /** Start no tasks. */
  readonly serviceOnly: boolean;
  readonly forward: boolean;
  /** Resume and end those sessions of ECS Exec alone that AWS marks as the caller's. */
  readonly ownSessions: boolean;
}

export interface DoctorOptions extends Where {
  readonly json: boolean;
  /** Look from inside a task too; which one. */
  readonly deep: Target | undefined;
}

/**
 * Reads the arguments and the variables that the old script knew: `CLUSTER_NAME`, `REGION`, `AWS_PROFILE`.
 * For a session, everything from the command on belongs to it: `psql -c 'select 1'`.
 * @throws UsageError
 */
export function parseCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Command {
  const { command, values, given, words, rest } = splitLine(argv);
  if (values.help === true) return { kind: 'help' };
  const where = whereOf(values, env);
  if (command === undefined || !isCommand(command)) return connectCommand(where, values, command, words);
  switch (command) {
    case 'start':
      return { kind: 'start', options: { ...where, ...newTaskOptions(values) } };
    case 'status':
      return { kind: 'status', options: { ...where, json: values.json === true } };
    case 'stop':
      return { kind: 'stop', options: { ...where, ...stopOptions(values, words) } };
    case 'logs':
      return { kind: 'logs', options: { ...where, task: values.task, follow: values.follow === true } };
    case 'doctor':
      return { kind: 'doctor', options: { ...where, json: values.json === true, deep: doctorTarget(values) } };
    case 'policy':
      return { kind: 'policy', options: { ...where, ...policyOptions(values) } };
    case 'sql':
      return { kind: 'sql', options: sqlOptions(taskOptions(where, values), values, given) };
    case 'dump':
      return { kind: 'dump', options: dumpOptions(taskOptions(where, values), values, words, rest) };
    case 'copy-out':
      return { kind: 'copy-out', options: copyOutOptions(taskOptions(where, values), values, words) };
    case 'copy-in':
      return { kind: 'copy-in', options: copyInOptions(taskOptions(where, values), values, words) };
    case 'restore':
      return { kind: 'restore', options: restoreOptions(taskOptions(where, values), values, words, rest) };
    case 'cp':
      return { kind: 'cp', options: cpOptions(taskOptions(where, values), values, words) };
    case 'forward':
      return { kind: 'forward', options: forwardOptions(taskOptions(where, values), values, words, rest) };
  }
}

function connectCommand(
  where: Where,
  values: Values,
  command: string | undefined,
  words: readonly string[],
): { readonly kind: 'connect'; readonly options: ConnectOptions } {
  const remote = remoteWords(command, words);
  if (values.plugin === true && remote.tty === 'never') {
    throw new UsageError('--plugin and exec exclude each other', 'The plugin has no exit code and no clean bytes');
  }
  return {
    kind: 'connect',
    options: {
      ...taskOptions(where, values),
      ...remote,
      plugin: values.plugin === true,
    },
  };
}

function stopOptions({ mine, all, yes }: Values, tasks: readonly string[]): Omit<StopOptions, keyof Where> {
  if (mine === true && all === true) throw new UsageError('--mine and --all exclude each other');
  if ((mine === true || all === true) && tasks.length > 0) {
    throw new UsageError('Tasks by their ids and --mine or --all exclude each other');
  }
  return { tasks, scope: all === true ? 'all' : mine === true ? 'mine' : undefined, yes: yes === true };
}

function policyOptions(values: Values): Omit<PolicyOptions, keyof Where> {
  return {
    serviceOnly: values['service-only'] === true,
    forward: values.forward === true,
    ownSessions: values['own-sessions'] === true,
  };
}

function doctorTarget(values: Values): Target | undefined {
  if (values.deep === true) return targetOf(values);
  if (values.task !== undefined || values.service === true) {
    throw new UsageError('--task and --service say where --deep looks from', 'Add --deep');
  }
  return undefined;
}

function remoteWords(command: string | undefined, rest: readonly string[]): Pick<ConnectOptions, 'words' | 'tty'> {
  if (command === undefined) return { words: ['/bin/sh'], tty: 'auto' };
  if (command === 'psql') return { words: ['psql', ...rest], tty: 'auto' };
  if (command === 'exec') return execWords(rest);
  throw new UsageError(`Unknown command ${JSON.stringify(command)}`);
}

function execWords(rest: readonly string[]): Pick<ConnectOptions, 'words' | 'tty'> {
  const isAtTerminal = rest[0] === '-t' || rest[0] === '--tty';
  const [first, ...more] = isAtTerminal ? rest.slice(1) : rest;
  if (first !== '--' && first?.startsWith('-') === true) {
    throw new UsageError(
      `Unknown option ${JSON.stringify(first)} of exec`,
      'Write options of the helper before exec (--task ID exec -- …), and -- before a command that begins with a dash',
    );
  }
  const words = first === '--' || first === undefined ? more : [first, ...more];
  if (words.length === 0) throw new UsageError('exec needs a command', 'For example: exec -- psql -c "select 1"');
  const [only = ''] = words;
  // One word is a line for the shell, as with ssh; several are a program and its arguments, and stay apart.
  const program = words.length === 1 ? ['sh', '-c', only] : words;
  return { words: program, tty: isAtTerminal ? 'always' : 'never' };
}
