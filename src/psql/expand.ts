import { createReadStream } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors';
import { ruleOf } from './commands';
import { bytesReader } from './encodings';
import { ScriptError } from './errors';
import type { Files } from './files';
import { describedAndRun, type JsonMarks } from './json-marks';
import { ScriptLexer } from './lexer';
import type { LineMap, Place } from './line-map';
import { lineAt, wholeLines } from './lines';
import { rewriteLine } from './rewrite';
import { edited, refuseNul, withoutMark } from './script-bytes';

/** What psql is given: SQL, or a file of the user's that has to be there before what follows. */
export type Piece =
  | { readonly kind: 'text'; readonly bytes: Buffer }
  | { readonly kind: 'upload'; readonly name: string; readonly path: string };

/** A script as the user names it. */
export interface Script {
  readonly name: string;
  /** Where it stands; `undefined`: nowhere, and `\ir` begins in the working folder. */
  readonly path: string | undefined;
  /** Of a `-c`: one backslash command, whose data may follow on standard input. */
  readonly isCommand: boolean;
  readonly read: () => AsyncIterable<Buffer>;
}

export interface ExpandOptions {
  readonly files: Files;
  readonly json: JsonMarks | undefined;
  readonly encoding: string;
  readonly map: LineMap;
}

const CHUNK_BYTES = 1 << 18;
const END_OF_DATA = /^\\\.\r?$/;

/** Goes through a script and what it includes, and makes of it what psql can run where none of its files are. */
export class Expansion {
  /** Data for a `COPY … FROM STDIN` follows the script. */
  readonly takesData = (): boolean => this.lexer.dataBlocks > 0;
  private readonly lexer: ScriptLexer;
  private readonly text: (bytes: Buffer) => string;
  /** Lines written so far. */
  private written = 0;
  private branches = 0;
  /** Of included files. */
  private depth = 0;
  private isEmpty = true;

  constructor(private readonly options: ExpandOptions) {
    const json = options.json !== undefined;
    this.text = bytesReader(options.encoding);
    this.lexer = new ScriptLexer((name) => {
      const rule = ruleOf(name, { json });
      return rule.kind === 'pass' || rule.kind === 'output' ? rule.ends : undefined;
    });
  }

  /** @throws ScriptError for what cannot be run; UserError where there is nothing to run */
  async *script(script: Script): AsyncGenerator<Piece> {
    yield* this.file(script, script.path === undefined ? [] : [script.path]);
    if (this.isEmpty) throw new UserError(`${script.name} is empty`);
    if (this.options.json !== undefined && this.lexer.isInStatement && this.lexer.open === undefined) {
      yield text(`\n${describedAndRun(this.options.json)}\n`);
    }
  }

  private async *file(script: Script, including: readonly string[]): AsyncGenerator<Piece> {
    let number = 0;
    this.options.map.begin(this.written + 1, { file: script.name, line: 1 });
    for await (const whole of wholeLines(script.read())) {
      const batch = number === 0 ? withoutMark(whole, script.name, this.options.encoding) : whole;
      refuseNul(batch, { file: script.name, line: number + 1 });
      let kept = 0; // up to here the batch is passed on
      for (let span = lineAt(batch, 0); span.start < batch.length; span = lineAt(batch, span.next)) {
        number += 1;
        const line = this.text(batch.subarray(span.start, span.end));
        if (this.isEmpty && line.trim() !== '') this.isEmpty = false;
        if (this.lexer.dataBlocks > 0 && !script.isCommand) {
          if (END_OF_DATA.test(line)) this.lexer.dataBlocks -= 1;
          continue;
        }
        const place = { file: script.name, line: number };
        const change = this.line(line, place, script);
        if (change === undefined) continue;
        const { edits, uploads, include } = await change;
        if (edits.length === 0 && include === undefined) continue;
        if (kept < span.start) yield this.passed(batch.subarray(kept, span.start));
        for (const { name, path } of uploads) yield { kind: 'upload', name, path };
        kept = include === undefined ? span.end : span.next;
        if (include === undefined) {
          yield this.passed(edited(batch.subarray(span.start, span.end), edits));
        } else {
          yield* this.included(include, place, including);
          this.options.map.begin(this.written + 1, { file: script.name, line: number + 1 });
        }
      }
      if (kept < batch.length) yield this.passed(batch.subarray(kept));
    }
  }

  /** Most lines, of which there may be millions, stay what they are: `undefined`, and nothing is waited for. */
  private line(line: string, place: Place, script: Script): ReturnType<typeof rewriteLine> | undefined {
    const wasInStatement = this.lexer.isInStatement || this.lexer.open !== undefined;
    const parts = this.lexer.line(line);
    const isPlain = parts.every(({ kind }) => kind === 'colon' || (this.options.json === undefined && kind !== 'meta'));
    if (isPlain) {
      this.refuseDataInBranch(place);
      return undefined;
    }
    return this.rewrite(line, parts, { place, script, wasInStatement });
  }

  private async rewrite(
    line: string,
    parts: ReturnType<ScriptLexer['line']>,
    { place, script: { path, isCommand }, wasInStatement }: { place: Place; script: Script; wasInStatement: boolean },
  ): ReturnType<typeof rewriteLine> {
    const { files, json, encoding } = this.options;
    const folder = path === undefined ? undefined : dirname(path);
    const rewritten = await rewriteLine(parts, place, {
      files,
      json,
      encoding,
      isCommand,
      folder,
      isIncluded: this.depth > 0,
    });
    this.branches += rewritten.branches;
    this.lexer.dataBlocks += rewritten.dataBlocks;
    this.refuseDataInBranch(place);
    if (rewritten.include !== undefined) {
      const [part] = parts;
      const isAlone = parts.length === 1 && part?.kind === 'meta' && line.slice(0, part.start).trim() === '';
      if (wasInStatement) throw new ScriptError(place, 'A statement is not finished before \\i', 'End it with ;');
      if (!isAlone || line.slice(part.end).trim() !== '') {
        throw new ScriptError(place, 'There is more on the line of \\i', 'Give it a line of its own');
      }
    }
    return rewritten;
  }

  private async *included(
    { path, name }: { readonly path: string; readonly name: string },
    place: Place,
    including: readonly string[],
  ): AsyncGenerator<Piece> {
    if (including.includes(path)) throw new ScriptError(place, `${name} includes itself`);
    const { branches } = this;
    const read = (): AsyncIterable<Buffer> => createReadStream(path, { highWaterMark: CHUNK_BYTES });
    this.depth += 1;
    yield* this.file({ name, path, isCommand: false, read }, [...including, path]);
    this.depth -= 1;
    const { open } = this.lexer;
    if (open !== undefined) throw new ScriptError(place, `${name} ends within a ${open.kind}`);
    if (this.branches !== branches)
      throw new ScriptError(place, `${name} has an \\if without its \\endif, or the reverse`);
    // At the end of a file psql ends its data, and sends what has no semicolon.
    if (this.lexer.dataBlocks > 0) yield this.passed(Buffer.from('\n\\.\n'));
    this.lexer.dataBlocks = 0;
    if (this.lexer.isInStatement) {
      const { json } = this.options;
      const [end] = this.lexer.line(';');
      if (end?.kind !== 'semicolon' || end.ends === undefined)
        throw new ScriptError(place, `${name} ends within parentheses`);
      yield this.passed(Buffer.from(json === undefined ? '\n;' : `\n${describedAndRun(json)}`));
    }
    yield this.passed(Buffer.from('\n'));
  }

  private passed(bytes: Buffer): Piece {
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) this.written += 1;
    return { kind: 'text', bytes };
  }

  private refuseDataInBranch(place: Place): void {
    if (this.lexer.dataBlocks === 0 || this.branches === 0) return;
    throw new ScriptError(place, 'Data cannot stand between \\if and \\endif: psql would take it for SQL');
  }
}

function text(value: string): Piece {
  return { kind: 'text', bytes: Buffer.from(value) };
}
