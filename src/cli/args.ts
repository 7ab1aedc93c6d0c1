import { UsageError } from '../errors';
import type { Lease } from '../remote/lease';
import { parseDuration } from './duration';
import { isCommand, splitLine, type Values } from './options';

/** Where the deployment is. */
export interface Where {
  readonly cluster: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  /** A file written by `cdktf deploy --outputs-file`. */
  readonly outputsFile: string | undefined;
}

/** How a task of our own is started. */
export interface NewTaskOptions {
  readonly reason: string | undefined;
  readonly lease: Lease;
  /** How long its start may take. */
  readonly startTimeoutMs: number | undefined;
  /** Say where the time went. */
  readonly timing: boolean;
}

/** The task to work in, and how to find or start it. */
export interface TaskOptions extends Where, NewTaskOptions {
  readonly target: Target;
  /** Leave a task that was started here until its lease ends. */
  readonly keep: boolean;
}

/** What the command line asks for when it is a session. */
export interface ConnectOptions extends TaskOptions {
  /** What runs in the container: `/bin/sh`, `psql` and its arguments, or those of `exec`. */
  readonly words: readonly string[];
  /** Whether it runs at a terminal: where we have one, or by `exec`'s choice. */
  readonly tty: 'auto' | 'always' | 'never';
  /** Use an installed session-manager-plugin. */
  readonly plugin: boolean;
}

/** A one-off task of our own, one of ours that runs already, a task of the service, or one by its id or ARN. */
export type Target =
  | { readonly kind: 'new' }
  | { readonly kind: 'reuse' }
  | { readonly kind: 'service' }
  | { readonly kind: 'task'; readonly id: string };

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'connect'; readonly options: ConnectOptions }
  | { readonly kind: 'start'; readonly options: Where & NewTaskOptions }
  | { readonly kind: 'status'; readonly options: Where & { readonly json: boolean } }
  | { readonly kind: 'stop'; readonly options: StopOptions }
  | { readonly kind: 'logs'; readonly options: Where & { readonly task: string | undefined; readonly follow: boolean } }
  | { readonly kind: 'doctor'; readonly options: DoctorOptions }
  | { readonly kind: 'policy'; readonly options: Where & { readonly serviceOnly: boolean; readonly forward: boolean } };

export interface StopOptions extends Where {
  /** Ids or ARNs. */
  readonly tasks: readonly string[];
  readonly scope: 'mine' | 'all' | undefined;
  readonly yes: boolean;
}

export interface DoctorOptions extends Where {
  readonly json: boolean;
  /** Look from inside a task too; which one. */
  readonly deep: Target | undefined;
}

const DEFAULT_IDLE = '10m';
const DEFAULT_LIFETIME = '8h';
/** AWS's limit of a tag's value. */
const MOST_REASON = 256;

/**
 * Reads the arguments and the variables that the old script knew: `CLUSTER_NAME`, `REGION`, `AWS_PROFILE`.
 * For a session, everything from the command on belongs to it: `psql -c 'select 1'`.
 * @throws UsageError
 */
export function parseCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Command {
  const { command, values, words } = splitLine(argv);
  if (values.help === true) return { kind: 'help' };
  const where: Where = {
    cluster: values.cluster ?? nonEmpty(env.CLUSTER_NAME),
    region: values.region ?? nonEmpty(env.REGION),
    profile: values.profile ?? nonEmpty(env.AWS_PROFILE),
    outputsFile: values.outputs,
  };
  if (command === undefined || !isCommand(command)) return connectCommand(where, values, command, words);
  switch (command) {
    case 'start':
      return { kind: 'start', options: { ...where, ...newTask(values) } };
    case 'status':
      return { kind: 'status', options: { ...where, json: values.json === true } };
    case 'stop':
      return { kind: 'stop', options: { ...where, ...stopOptions(values, words) } };
    case 'logs':
      return { kind: 'logs', options: { ...where, task: values.task, follow: values.follow === true } };
    case 'doctor':
      return { kind: 'doctor', options: { ...where, json: values.json === true, deep: doctorTarget(values) } };
    case 'policy': {
      const [serviceOnly, forward] = [values['service-only'] === true, values.forward === true];
      return { kind: 'policy', options: { ...where, serviceOnly, forward } };
    }
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

function taskOptions(where: Where, values: Values): TaskOptions {
  return { ...where, ...newTask(values), target: target(values), keep: values.keep === true };
}

function newTask(values: Values): NewTaskOptions {
  const idleSeconds = parseDuration(values['idle-timeout'] ?? DEFAULT_IDLE, 'idle-timeout');
  const lifetimeSeconds = parseDuration(values['max-lifetime'] ?? DEFAULT_LIFETIME, 'max-lifetime');
  const start = values['start-timeout'];
  const { reason } = values;
  if (reason !== undefined && reason.length > MOST_REASON) {
    throw new UsageError(`--reason is longer than ${MOST_REASON} characters`);
  }
  return {
    reason,
    lease: { idleSeconds, lifetimeSeconds },
    startTimeoutMs: start === undefined ? undefined : parseDuration(start, 'start-timeout') * 1000,
    timing: values.timing === true,
  };
}

function stopOptions({ mine, all, yes }: Values, tasks: readonly string[]): Omit<StopOptions, keyof Where> {
  if (mine === true && all === true) throw new UsageError('--mine and --all exclude each other');
  if ((mine === true || all === true) && tasks.length > 0) {
    throw new UsageError('Tasks by their ids and --mine or --all exclude each other');
  }
  return { tasks, scope: all === true ? 'all' : mine === true ? 'mine' : undefined, yes: yes === true };
}

function doctorTarget(values: Values): Target | undefined {
  if (values.deep === true) return target(values);
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
    throw new UsageError(`Unknown option ${JSON.stringify(first)} of exec`, 'Write -- before the command');
  }
  const words = first === '--' || first === undefined ? more : [first, ...more];
  if (words.length === 0) throw new UsageError('exec needs a command', 'For example: exec -- psql -c "select 1"');
  const [only = ''] = words;
  // One word is a line for the shell, as with ssh; several are a program and its arguments, and stay apart.
  const program = words.length === 1 ? ['sh', '-c', only] : words;
  return { words: program, tty: isAtTerminal ? 'always' : 'never' };
}

function target({ task, service, reuse }: Values): Target {
  const given = [task !== undefined && '--task', service === true && '--service', reuse === true && '--reuse'].filter(
    (one) => one !== false,
  );
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} exclude each other`);
  if (task !== undefined) return { kind: 'task', id: task };
  return { kind: service === true ? 'service' : reuse === true ? 'reuse' : 'new' };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
