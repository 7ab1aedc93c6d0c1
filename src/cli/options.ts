import { parseArgs } from 'node:util';
import { UsageError } from '../errors';

/** Every option there is. Which command takes which stands in `COMMANDS`. */
export const OPTIONS = {
  cluster: { type: 'string', short: 'c' },
  region: { type: 'string', short: 'r' },
  profile: { type: 'string', short: 'p' },
  outputs: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  task: { type: 'string' },
  service: { type: 'boolean' },
  reuse: { type: 'boolean' },
  keep: { type: 'boolean' },
  reason: { type: 'string' },
  'idle-timeout': { type: 'string' },
  'max-lifetime': { type: 'string' },
  'start-timeout': { type: 'string' },
  timing: { type: 'boolean' },
  plugin: { type: 'boolean' },
  json: { type: 'boolean' },
  deep: { type: 'boolean' },
  follow: { type: 'boolean', short: 'f' },
  mine: { type: 'boolean' },
  all: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  'service-only': { type: 'boolean' },
  forward: { type: 'boolean' },
} as const;

export type OptionName = keyof typeof OPTIONS;

const WHERE: readonly OptionName[] = ['cluster', 'region', 'profile', 'outputs', 'help'];
const NEW_TASK: readonly OptionName[] = ['reason', 'idle-timeout', 'max-lifetime', 'start-timeout', 'timing'];
const SESSION: readonly OptionName[] = [...WHERE, ...NEW_TASK, 'task', 'service', 'reuse', 'keep', 'plugin'];

/** The commands that are no session, their options, and whether words may follow. */
export const COMMANDS = {
  start: { options: [...WHERE, ...NEW_TASK], takesWords: false },
  status: { options: [...WHERE, 'json'], takesWords: false },
  stop: { options: [...WHERE, 'mine', 'all', 'yes'], takesWords: true },
  logs: { options: [...WHERE, 'task', 'follow'], takesWords: false },
  doctor: { options: [...WHERE, 'json', 'deep', 'task', 'service'], takesWords: false },
  policy: { options: [...WHERE, 'service-only', 'forward'], takesWords: false },
} as const satisfies Readonly<Record<string, { options: readonly OptionName[]; takesWords: boolean }>>;

export type CommandName = keyof typeof COMMANDS;

/** The values by option; every text is one. */
export type Values = { readonly [K in OptionName]?: (typeof OPTIONS)[K]['type'] extends 'string' ? string : boolean };

export interface Line {
  /** `undefined`: no command, which is the shell. */
  readonly command: string | undefined;
  readonly values: Values;
  /** What follows the command's name; without its options, where it takes them itself. */
  readonly words: readonly string[];
}

/**
 * Splits the arguments: options, the command's name, and the rest, which for a session's command is left alone.
 * @throws UsageError
 */
export function splitLine(argv: readonly string[]): Line {
  const at = firstPositional(argv);
  const [name, ...rest] = argv[at] === '--' ? argv.slice(at + 1) : argv.slice(at);
  if (name !== undefined && isCommand(name)) {
    const { options, takesWords } = COMMANDS[name];
    const { values, positionals } = parse([...argv.slice(0, at), ...rest], takesWords);
    checkOptions(name, values, options);
    return { command: name, values, words: positionals };
  }
  const { values } = parse(argv.slice(0, at), false);
  checkOptions(name ?? 'a shell', values, SESSION);
  return { command: name, values, words: rest };
}

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
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

function parse(args: readonly string[], takesWords: boolean): { values: Values; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: takesWords });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}

function checkOptions(command: string, values: Values, known: readonly OptionName[]): void {
  for (const [name, value] of Object.entries(values)) {
    if (!known.some((one) => one === name)) throw new UsageError(`--${name} is no option of ${command}`);
    if (value === '') throw new UsageError(`--${name} needs a value`);
  }
}
