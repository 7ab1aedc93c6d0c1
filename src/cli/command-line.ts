import { parseArgs } from 'node:util';
import { UsageError } from '../errors';
import {
  COMMANDS,
  type CommandShape,
  isCommand,
  OPTIONS,
  optionsOf,
  type OptionShape,
  SESSION,
  type Values,
} from './options';

/** One option as it was given. */
export interface Given {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Line {
  /** `undefined`: no command, which is the shell. */
  readonly command: string | undefined;
  readonly values: Values;
  /** Every option in its place, where the order matters. */
  readonly given: readonly Given[];
  /** What follows the command's name; without its options, where it takes them itself. */
  readonly words: readonly string[];
  /** What follows `--`, where the command takes that apart; `undefined`: there is no `--`. */
  readonly rest: readonly string[] | undefined;
}

/**
 * Splits the arguments: options, the command's name, and the rest, which for a session's command is left alone. An
 * option may stand on either side of the name; its letter means what it means there.
 * @throws UsageError
 */
export function splitLine(argv: readonly string[]): Line {
  const at = firstPositional(argv);
  const [name, ...after] = argv[at] === '--' ? argv.slice(at + 1) : argv.slice(at);
  const before = argv.slice(0, at);
  if (name !== undefined && isCommand(name)) return commandLine(name, COMMANDS[name], before, after);
  return { ...commandLine(name, SESSION, before, []), words: after };
}

/**
 * The line of a command by its shape.
 * @throws UsageError
 */
export function commandLine(
  command: string | undefined,
  shape: CommandShape,
  before: readonly string[],
  after: readonly string[],
): Line {
  const separator = tokensOf(after, shape).find(({ kind }) => kind === 'option-terminator');
  const end = shape.takesRest === true ? separator?.index : undefined;
  const sides = [parse(before, {}), parse(after.slice(0, end), shape)];
  const given = sides.flatMap((side) => side.given);
  checkOptions(command ?? 'a shell', given, shape);
  return {
    command,
    values: valuesOf(given),
    given,
    words: sides.flatMap((side) => side.words),
    rest: end === undefined ? undefined : after.slice(end + 1),
  };
}

/** The index of the first argument that is neither an option nor an option's value. */
function firstPositional(argv: readonly string[]): number {
  const first = tokensOf(argv, {}).find(({ kind }) => kind === 'positional' || kind === 'option-terminator');
  return first?.index ?? argv.length;
}

function tokensOf(args: readonly string[], shape: Pick<CommandShape, 'short'>) {
  const options = optionsOf(shape);
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true }).tokens;
}

function parse(
  args: readonly string[],
  shape: Pick<CommandShape, 'short' | 'takesWords'>,
): { readonly given: readonly Given[]; readonly words: readonly string[] } {
  // A value that begins with a dash is taken for a forgotten one, unless it is joined to its option.
  const joined = tokensOf(args, shape).flatMap((token) => {
    if (token.kind === 'option-terminator') return ['--'];
    if (token.kind === 'positional') return [token.value];
    if (token.value === undefined) return [token.rawName];
    const isJoined = token.inlineValue || shapeOf(token.name)?.free === true;
    return isJoined ? [`--${token.name}=${token.value}`] : [token.rawName, token.value];
  });
  try {
    const { tokens, positionals } = parseArgs({
      args: joined,
      options: optionsOf(shape),
      strict: true,
      allowPositionals: shape.takesWords === true,
      tokens: true,
    });
    return { given: tokens.filter((token) => token.kind === 'option'), words: positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}

function valuesOf(given: readonly Given[]): Values {
  const values: Record<string, string | boolean | readonly string[]> = {};
  for (const { name, value } of given) {
    const { [name]: known } = values;
    const isList = shapeOf(name)?.multiple === true && value !== undefined;
    values[name] = isList ? [...(Array.isArray(known) ? (known as readonly string[]) : []), value] : (value ?? true);
  }
  return values;
}

function checkOptions(command: string, given: readonly Given[], { options }: CommandShape): void {
  for (const { name, value } of given) {
    if (!options.some((one) => one === name)) throw new UsageError(`--${name} is no option of ${command}`);
    if (value === '' && shapeOf(name)?.free !== true) throw new UsageError(`--${name} needs a value`);
  }
}

function shapeOf(name: string): OptionShape | undefined {
  const shapes: Readonly<Record<string, OptionShape>> = OPTIONS;
  return shapes[name];
}
