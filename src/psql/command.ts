import { UserError } from '../errors';
import { ruleOf } from './commands';
import { bytesReader } from './encodings';
import { describedAndRun, type JsonMarks } from './json-marks';
import { ScriptLexer } from './lexer';
import type { Part } from './parts';

/**
 * A `-c` of SQL as a script: psql sends it to the server as one, statements and all, and looks for no variables. With
 * `--json` it is one statement after the other.
 * @returns the script, and whether data for a `COPY … FROM STDIN` follows it
 * @throws UserError when psql would find a backslash command in it
 */
export function commandScript(
  sql: string,
  { json, encoding }: { readonly json: JsonMarks | undefined; readonly encoding: string },
): { readonly script: string; readonly takesData: boolean } {
  const lexer = new ScriptLexer(() => undefined, false);
  const lines = sql.split('\n').map((line) => {
    // Masked or not, a character of the lexer's is a byte; so are ours until the end.
    const bytes = Buffer.from(line).toString('latin1');
    const parts = lexer.line(bytesReader(encoding)(Buffer.from(line)));
    return parts.reduceRight((text, part) => replaced(text, part, json), bytes);
  });
  const isOpen = lexer.isInStatement;
  if (isOpen && lexer.open === undefined) lexer.line(';');
  const end = json === undefined ? '\n;\n' : isOpen ? `\n${describedAndRun(json)}\n` : '\n';
  return { script: Buffer.from(lines.join('\n') + end, 'latin1').toString(), takesData: lexer.dataBlocks > 0 };
}

function replaced(text: string, part: Part, json: JsonMarks | undefined): string {
  const put = (end: number, replacement: string): string => {
    const at = part.kind === 'meta' ? part.start : part.at;
    return `${text.slice(0, at)}${replacement}${text.slice(end)}`;
  };
  switch (part.kind) {
    case 'colon':
      return put(part.at + 1, '\\:');
    case 'semicolon':
      if (json === undefined) return put(part.at + 1, '\\;');
      if (part.ends?.copiesOut === true) {
        throw new UserError('-c: What COPY TO STDOUT writes is no JSON', 'Leave out --json');
      }
      return part.ends === undefined || part.ends.isEmpty ? text : put(part.at + 1, describedAndRun(json));
    case 'separator':
    case 'meta':
      throw new UserError('-c takes SQL or one backslash command', 'Give each a -c of its own');
  }
}

/** Whether a `-c` that begins with a backslash has one command and nothing else. */
export function isOneCommand(text: string): boolean {
  const lexer = new ScriptLexer((name) => {
    const rule = ruleOf(name, { json: false });
    return rule.kind === 'pass' ? rule.ends : undefined;
  });
  const [line = '', ...more] = text.trimEnd().split('\n');
  const [part, ...others] = lexer.line(line);
  return more.length === 0 && others.length === 0 && part?.kind === 'meta' && line.slice(part.end).trim() === '';
}
