import type { ParseArgsConfig } from 'node:util';

/** One option, as `parseArgs` takes it. */
export interface OptionShape {
  readonly type: 'string' | 'boolean';
  /** Its letter, before a command's name and, unless the command gives the letter another meaning, behind it. */
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** Its value may be empty and may begin with a dash, as a comment in SQL does. */
  readonly free?: boolean;
}

/** Every option there is. Which command takes which stands in `COMMANDS`. */
export const OPTIONS = {
  cluster: { type: 'string', short: 'c' },
  region: { type: 'string', short: 'r' },
  profile: { type: 'string', short: 'p' },
  outputs: { type: 'string' },
  env: { type: 'string' },
  'endpoint-url-ssmmessages': { type: 'string' },
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
  'own-sessions': { type: 'boolean' },
  command: { type: 'string', multiple: true, free: true },
  file: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  dbname: { type: 'string' },
  encoding: { type: 'string' },
  force: { type: 'boolean' },
  'single-transaction': { type: 'boolean' },
  csv: { type: 'boolean' },
  'no-align': { type: 'boolean' },
  'tuples-only': { type: 'boolean' },
  expanded: { type: 'boolean' },
  'field-separator': { type: 'string', free: true },
  quiet: { type: 'boolean' },
  streams: { type: 'string' },
  'no-single-transaction': { type: 'boolean' },
  unrestricted: { type: 'boolean' },
  'no-header': { type: 'boolean' },
  delimiter: { type: 'string' },
  null: { type: 'string', free: true },
  recursive: { type: 'boolean' },
  'keep-links': { type: 'boolean' },
  port: { type: 'string', multiple: true },
  writer: { type: 'boolean' },
  reader: { type: 'boolean' },
  remote: { type: 'string', multiple: true },
  iam: { type: 'boolean' },
  'no-replace': { type: 'boolean' },
  'root-cert': { type: 'string' },
  'no-verify-ssl': { type: 'boolean' },
  socket: { type: 'string' },
  username: { type: 'string' },
} as const satisfies Readonly<Record<string, OptionShape>>;

export type OptionName = keyof typeof OPTIONS;

type ValueOf<Shape extends OptionShape> = Shape['type'] extends 'boolean'
  ? boolean
  : Shape extends { readonly multiple: true }
    ? readonly string[]
    : string;

/** The values by option; every text is one, or a list where the option may be repeated. */
export type Values = { readonly [K in OptionName]?: ValueOf<(typeof OPTIONS)[K]> };

/** What may stand on a command's line. */
export interface CommandShape {
  readonly options: readonly OptionName[];
  /** Letters that mean something else, or anything at all, behind this command's name. */
  readonly short?: Readonly<Record<string, OptionName>>;
  /** Whether words may follow. */
  readonly takesWords?: boolean;
  /** Whether what follows `--` is apart from the words; else it is more words. */
  readonly takesRest?: boolean;
}

export const WHERE: readonly OptionName[] = [
  ...(['cluster', 'region', 'profile', 'outputs', 'env', 'endpoint-url-ssmmessages', 'help'] as const),
];
export const NEW_TASK: readonly OptionName[] = ['reason', 'idle-timeout', 'max-lifetime', 'start-timeout', 'timing'];
/** Of commands that work in a task. */
export const IN_TASK: readonly OptionName[] = [...WHERE, ...NEW_TASK, 'task', 'service', 'reuse', 'keep'];
/** Of a shell, `psql` and `exec`, behind which every word is theirs. */
export const SESSION: CommandShape = { options: [...IN_TASK, 'plugin'] };

/** The commands that take their options themselves. */
export const COMMANDS = {
  start: { options: [...WHERE, ...NEW_TASK] },
  status: { options: [...WHERE, 'json'] },
  stop: { options: [...WHERE, 'mine', 'all', 'yes'], takesWords: true },
  logs: { options: [...WHERE, 'task', 'follow'] },
  doctor: { options: [...WHERE, 'json', 'deep', 'task', 'service'] },
  policy: { options: [...WHERE, 'service-only', 'forward', 'own-sessions'] },
  sql: {
    options: [
      ...[...IN_TASK, 'command', 'file', 'single-transaction', 'json', 'csv', 'no-align', 'tuples-only', 'expanded'],
      ...['field-separator', 'quiet', 'set', 'dbname', 'encoding', 'force'],
    ] as readonly OptionName[],
    short: {
      ...{ c: 'command', f: 'file', '1': 'single-transaction', A: 'no-align', t: 'tuples-only', x: 'expanded' },
      ...{ F: 'field-separator', q: 'quiet', v: 'set', d: 'dbname' },
    },
  },
  dump: { options: [...IN_TASK, 'dbname', 'force', 'streams'], takesWords: true, takesRest: true },
  'copy-out': {
    options: [...IN_TASK, 'dbname', 'force', 'streams', 'no-header', 'delimiter', 'null', 'encoding'],
    takesWords: true,
  },
  'copy-in': { options: [...IN_TASK, 'dbname', 'no-header', 'delimiter', 'null', 'encoding'], takesWords: true },
  restore: {
    options: [...IN_TASK, 'dbname', 'no-single-transaction', 'unrestricted'],
    takesWords: true,
    takesRest: true,
  },
  cp: {
    options: [
      ...[...WHERE, 'start-timeout', 'timing', 'task', 'service', 'reuse', 'recursive', 'force', 'streams'],
      'keep-links',
    ] as readonly OptionName[],
    short: { r: 'recursive' },
    takesWords: true,
  },
  forward: {
    options: [
      ...[...IN_TASK, 'port', 'writer', 'reader', 'remote', 'iam', 'no-replace', 'streams', 'root-cert', 'dbname'],
      ...['no-verify-ssl', 'socket', 'username'],
    ] as readonly OptionName[],
    short: { d: 'dbname', U: 'username' },
    takesWords: true,
    takesRest: true,
  },
} as const satisfies Readonly<Record<string, CommandShape>>;

export type CommandName = keyof typeof COMMANDS;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** `OPTIONS` as `parseArgs` wants them, with a command's own letters in the place of the common ones. */
export function optionsOf({ short = {} }: Pick<CommandShape, 'short'>): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    Object.entries(OPTIONS as Readonly<Record<string, OptionShape>>).map(
      ([name, { type, multiple, short: common }]) => {
        const own = Object.keys(short).find((letter) => short[letter] === name);
        const letter = own ?? (common !== undefined && Object.hasOwn(short, common) ? undefined : common);
        return [
          name,
          { type, ...(multiple === true ? { multiple } : {}), ...(letter === undefined ? {} : { short: letter }) },
        ];
      },
    ),
  );
}
