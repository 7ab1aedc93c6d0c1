import { UserError } from '../errors';
import { commandScript, isOneCommand } from './command';
import { type ExpandOptions, Expansion, type Piece, type Script } from './expand';
import { settings } from './feed';
import type { Files } from './files';
import type { JsonMarks } from './json-marks';
import { LineMap, type Place } from './line-map';

export interface PlanOptions {
  readonly files: Files;
  readonly json: JsonMarks | undefined;
  readonly encoding: string;
}

/** One of the scripts that psql runs, one after the other. */
export interface PlannedScript {
  /** psql's word for it: `-f`, or `-c` with `\i`, which has the exit code and the rights of a `-c`. */
  readonly words: (name: string) => readonly string[];
  /** What psql reads. @throws ScriptError; UserError */
  readonly pieces: () => AsyncGenerator<Piece>;
  /** Data for a `COPY … FROM STDIN` may follow; known when its pieces have been gone through. */
  readonly takesData: () => boolean;
  /** Where a line of it stands; `undefined`: it has no name. */
  readonly placeOf: (line: number) => Place | undefined;
}

const COMMAND = '-c';
const asFile = (name: string): readonly string[] => ['-f', name];
const asCommand = (name: string): readonly string[] => ['-c', `\\i ${name}`];

export function plannedFile(script: Script, options: PlanOptions): PlannedScript {
  let current: { readonly map: LineMap; readonly expansion: Expansion } | undefined;
  return {
    words: script.isCommand ? asCommand : asFile,
    pieces: () => {
      const expand: ExpandOptions = { ...options, map: new LineMap() };
      current = { map: expand.map, expansion: new Expansion(expand) };
      return current.expansion.script(script);
    },
    takesData: () => script.isCommand && current?.expansion.takesData() === true,
    placeOf: (line) => {
      const place = current?.map.at(line);
      return place?.file === COMMAND ? undefined : place;
    },
  };
}

/** A `-c`: SQL, or one backslash command. @throws UserError */
export function plannedCommand(text: string, options: PlanOptions): PlannedScript {
  if (text.startsWith('\\')) {
    if (!isOneCommand(text)) throw new UserError('-c takes SQL or one backslash command', 'Give each a -c of its own');
    const bytes = Buffer.from(`${text.trimEnd()}\n`);
    return plannedFile({ name: COMMAND, path: undefined, isCommand: true, read: () => once(bytes) }, options);
  }
  const { script, takesData } = commandScript(text, options);
  return {
    words: asCommand,
    pieces: () => once({ kind: 'text', bytes: Buffer.from(script) }),
    takesData: () => takesData,
    placeOf: () => undefined,
  };
}

/** The variables of `-v`, which no command line has to show. */
export function plannedSettings(list: readonly string[]): PlannedScript {
  return {
    words: asCommand,
    pieces: () => once({ kind: 'text', bytes: Buffer.from(settings(list)) }),
    takesData: () => false,
    placeOf: () => undefined,
  };
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}
