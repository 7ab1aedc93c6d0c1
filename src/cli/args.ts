import { parseArgs } from 'node:util';
import { UsageError } from '../errors';

/** What the command line asks for. */
export interface ConnectOptions {
  /** What runs in the container: `/bin/sh`, or `psql` and its arguments. */
  readonly words: readonly string[];
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
  return {
    kind: 'connect',
    options: {
      words: remoteWords(argv.slice(commandAt)),
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

function remoteWords(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words[0] === '--' ? words.slice(1) : words;
  if (first === undefined) return ['/bin/sh'];
  if (first === 'psql') return ['psql', ...rest];
  throw new UsageError(`Unknown command ${JSON.stringify(first)}`);
}

function target(task: string | undefined, service: boolean): ConnectOptions['target'] {
  if (task !== undefined) return { kind: 'task', id: task };
  return { kind: service ? 'service' : 'new' };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
