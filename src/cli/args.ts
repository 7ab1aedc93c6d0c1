import { parseArgs } from 'node:util';
import { UsageError } from '../errors';

/** What the command line asks for. */
export interface ConnectOptions {
  /** What runs in the container: `/bin/sh`, `psql` and its arguments, or those of `exec`. */
  readonly words: readonly string[];
  /** Whether it runs at a terminal: where we have one, or by `exec`'s choice. */
  readonly tty: 'auto' | 'always' | 'never';
  /** A one-off task of our own, a task of the service, or one by its id or ARN. */
  readonly target:
    { readonly kind: 'new' } | { readonly kind: 'service' } | { readonly kind: 'task'; readonly id: string };
  readonly cluster: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  /** A file written by `cdktf deploy --outputs-file`. */
  readonly outputsFile: string | undefined;
  /** Use an installed session-manager-plugin. */
  readonly plugin: boolean;
}

export type Command = { readonly kind: 'help' } | { readonly kind: 'connect'; readonly options: ConnectOptions };

const OPTIONS = {
  cluster: { type: 'string', short: 'c' },
  region: { type: 'string', short: 'r' },
  profile: { type: 'string', short: 'p' },
  task: { type: 'string' },
  service: { type: 'boolean' },
  outputs: { type: 'string' },
  plugin: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the arguments and the variables that the old script knew: `CLUSTER_NAME`, `REGION`, `AWS_PROFILE`.
 * Everything from the first word that is no option on belongs to the command: `psql -c 'select 1'`.
 * @throws UsageError
 */
export function parseCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Command {
  const commandAt = firstPositional(argv);
  const values = parseOptions(argv.slice(0, commandAt));
  if (values.help === true) return { kind: 'help' };
  if (values.task !== undefined && values.service === true) {
    throw new UsageError('--task and --service exclude each other');
  }
  for (const name of ['cluster', 'region', 'profile', 'task', 'outputs'] as const) {
    if (values[name] === '') throw new UsageError(`--${name} needs a value`);
  }
  const remote = remoteWords(argv.slice(commandAt));
  if (values.plugin === true && remote.tty === 'never') {
    throw new UsageError('--plugin and exec exclude each other', 'The plugin has no exit code and no clean bytes');
  }
  return {
    kind: 'connect',
    options: {
      ...remote,
      target: target(values.task, values.service === true),
      cluster: values.cluster ?? nonEmpty(env.CLUSTER_NAME),
      region: values.region ?? nonEmpty(env.REGION),
      profile: values.profile ?? nonEmpty(env.AWS_PROFILE),
      outputsFile: values.outputs,
      plugin: values.plugin === true,
    },
  };
}

/** The index of the first argument that is neither an option nor an option's value. */
function firstPositional(argv: readonly string[]): number {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const first = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator');
  return first?.index ?? argv.length;
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}

function remoteWords(given: readonly string[]): Pick<ConnectOptions, 'words' | 'tty'> {
  const [first, ...rest] = given[0] === '--' ? given.slice(1) : given;
  if (first === undefined) return { words: ['/bin/sh'], tty: 'auto' };
  if (first === 'psql') return { words: ['psql', ...rest], tty: 'auto' };
  if (first === 'exec') return execWords(rest);
  throw new UsageError(`Unknown command ${JSON.stringify(first)}`);
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

function target(task: string | undefined, service: boolean): ConnectOptions['target'] {
  if (task !== undefined) return { kind: 'task', id: task };
  return { kind: service ? 'service' : 'new' };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
