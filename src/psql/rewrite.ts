import type { Argument } from './arguments';
import { ruleOf } from './commands';
import { copyEnd } from './copy-command';
import { isUtf8 } from './encodings';
import { ScriptError } from './errors';
import { checkReadable, decoded, fileArgument, type Refuse } from './file-argument';
import { type Files, NOWHERE } from './files';
import { describedAndRun, describedAndRunAgain, type JsonMarks } from './json-marks';
import type { Place } from './line-map';
import type { MetaCommand, Part } from './parts';

/** A change of a line, in its own offsets. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a line with commands becomes. */
export interface Rewritten {
  readonly edits: readonly Edit[];
  /** Files that psql reads when it comes to this line. */
  readonly uploads: readonly { readonly name: string; readonly path: string }[];
  /** The file in whose place the line stands. */
  readonly include: { readonly path: string; readonly name: string } | undefined;
  /** As many blocks of data follow the line for `\copy`. */
  readonly dataBlocks: number;
  /** Of `\if` and `\endif`. */
  readonly branches: number;
}

export interface RewriteContext {
  readonly files: Files;
  readonly json: JsonMarks | undefined;
  readonly encoding: string;
  /** Of a `-c`, whose commands may read standard input. */
  readonly isCommand: boolean;
  /** Of the file the line stands in; `undefined`: it is the user's working folder. */
  readonly folder: string | undefined;
  readonly isIncluded: boolean;
}

type Change = { -readonly [K in keyof Rewritten]: Rewritten[K] extends readonly (infer T)[] ? T[] : Rewritten[K] };

/**
 * Makes the local files that a line names those of psql's folder in the container.
 * @throws ScriptError when it asks for what cannot be had
 */
export async function rewriteLine(parts: readonly Part[], place: Place, context: RewriteContext): Promise<Rewritten> {
  const change: Change = { edits: [], uploads: [], include: undefined, dataBlocks: 0, branches: 0 };
  for (const part of parts) {
    if (part.kind === 'meta') await rewriteCommand(part, place, context, change);
    else if (context.json !== undefined) rewriteEnd(part, place, context.json, change);
  }
  return change;
}

function rewriteEnd(part: Exclude<Part, MetaCommand>, place: Place, json: JsonMarks, { edits }: Change): void {
  if (part.kind === 'separator') {
    throw new ScriptError(place, '\\; makes several statements one, whose results --json cannot tell apart');
  }
  if (part.kind !== 'semicolon' || part.ends === undefined || part.ends.isEmpty) return;
  if (part.ends.copiesOut) throw new ScriptError(place, 'What COPY TO STDOUT writes is no JSON', 'Leave out --json');
  edits.push({ start: part.at, end: part.at + 1, text: describedAndRun(json) });
}

async function rewriteCommand(
  command: MetaCommand,
  place: Place,
  context: RewriteContext,
  change: Change,
): Promise<void> {
  const { name } = command;
  const rule = ruleOf(name, { json: context.json !== undefined });
  const refuse = (reason: string, remedy = ''): never => {
    throw new ScriptError(place, `\\${name} cannot be used here: ${reason}`, remedy);
  };
  if (command.arguments.some(({ oddity }) => oddity === 'backticks')) {
    refuse('backticks run a command of the shell', 'Give values with -v NAME=VALUE');
  }
  switch (rule.kind) {
    case 'pass':
      return;
    case 'refused':
      refuse(rule.reason, rule.remedy);
      return;
    case 'branch':
      change.branches += rule.change;
      return;
    case 'quit':
      if (context.isIncluded) refuse('an included file cannot end itself', 'Use \\if');
      return;
    case 'encoding': {
      const [encoding] = command.arguments;
      if (encoding !== undefined && !(isUtf8(encoding.text) && isUtf8(context.encoding))) {
        refuse('the whole input has one encoding', 'Name it with --encoding');
      }
      return;
    }
    case 'include': {
      const text = fileArgument(command.arguments[0], refuse).replace(/;+$/, '');
      if (text === '') refuse('it needs a file');
      const path = context.files.path(text, rule.isRelative ? context.folder : undefined);
      await checkReadable(path, text, context.files, refuse);
      change.include = { path, name: text };
      return;
    }
    case 'output': {
      rewriteOutput(command, context, change, refuse);
      return;
    }
    case 'copy':
      return rewriteCopy(command, context, change, refuse);
  }
}

/** `\o FILE`, and `\g (options) FILE` */
function rewriteOutput(command: MetaCommand, { files, json }: RewriteContext, { edits }: Change, refuse: Refuse): void {
  const isQuery = command.name.startsWith('g');
  const closing = isQuery && command.arguments[0]?.text.startsWith('(') === true ? optionsEnd(command.arguments) : 0;
  const argument = command.arguments[closing];
  if (argument === undefined) {
    if (json !== undefined) edits.push({ start: command.start, end: command.end, text: describedAndRunAgain(json) });
    return;
  }
  if (argument.text.startsWith('|')) refuse('it runs a command of the shell', 'Use a pipe behind the whole command');
  if (json !== undefined) refuse('results go to standard output as JSON', 'Leave out --json');
  const text = fileArgument(argument, refuse);
  const file = isQuery ? text : text.replace(/;+$/, '');
  if (file === NOWHERE) return;
  edits.push({ start: argument.start, end: argument.end, text: files.writes(files.path(file)) });
}

function optionsEnd(list: readonly Argument[]): number {
  return list.findIndex(({ text }) => text.endsWith(')')) + 1;
}

async function rewriteCopy(
  command: MetaCommand,
  context: RewriteContext,
  change: Change,
  refuse: Refuse,
): Promise<void> {
  const [argument] = command.arguments;
  const copy = copyEnd(argument?.text ?? '');
  if (argument === undefined || copy === undefined) {
    return refuse('it names nothing to copy from or to on this line', 'psql takes it on one line only');
  }
  const replace = (text: string): void => {
    change.edits.push({ start: argument.start + copy.start, end: argument.start + copy.stop, text });
  };
  if (copy.end === 'program') return refuse('it runs a command of the shell', 'Use a pipe: COPY … FROM STDIN');
  if (copy.end !== 'file') {
    if (copy.direction === 'to') {
      return context.json === undefined ? undefined : refuse('what it writes is no JSON', 'Leave out --json');
    }
    if (copy.end.startsWith('p')) {
      if (!context.isCommand) return refuse('standard input is not sent beside a script', 'Name a file, or use -c');
      replace('stdin');
    }
    change.dataBlocks += 1;
    return;
  }
  const text = decoded(copy.file, refuse);
  if (text === NOWHERE) return;
  const { files } = context;
  const path = files.path(text);
  if (copy.direction === 'to') {
    replace(`'${files.writes(path)}'`);
    return;
  }
  await checkReadable(path, text, context.files, refuse);
  const { name, isNew } = files.reads(path);
  if (isNew) change.uploads.push({ name, path });
  replace(`'${name}'`);
}
