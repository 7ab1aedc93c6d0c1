import { readArguments } from './arguments';
import type { Open, Part } from './parts';

const WORD = String.raw`[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*`;
const DOLLAR = String.raw`\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$`;
const SQL_TOKEN = `${WORD}|${DOLLAR}|--|/\\*|[^A-Za-z_\\x80-\\xff'"$\\-/\\\\;():]+|[^]`;
const TOKEN = new RegExp(SQL_TOKEN, 'y');
/** A variable ends where no letter of a name follows, and a `$` behind it begins a quote. */
const TOKEN_OR_VARIABLE = new RegExp(String.raw`::|:[A-Za-z0-9_\x80-\xff]+|${SQL_TOKEN}`, 'y');
/** The end of what is open, and what else matters in it. */
const STRING_END = /'/g;
const ESCAPE_STRING_END = /\\[^]|'/g;
const IDENTIFIER_END = /"/g;
const COMMENT_EDGE = /\/\*|\*\//g;
const NAME = /^[^ \t\r\f\v\n\\]*/;
const STRINGS_SETTING = /\s*(?:=|to\b)\s*'?(\w+)/iy;
const CREATES = ['create', 'function', 'procedure', 'or', 'replace'];

/**
 * Follows a script as psql's own lexer does (`psqlscan.l` of PostgreSQL 15), line by line: a backslash is a command
 * only outside of strings, dollar quotes, quoted names and comments. Lines are in Latin-1, so that a character is a byte.
 */
export class ScriptLexer {
  /** What the last line ended in the middle of. */
  open: Open | undefined;
  /** A statement has begun and has not ended. */
  isInStatement = false;
  /** `COPY … FROM STDIN` that are sent and whose data has not ended: as many blocks follow the line. */
  dataBlocks = 0;
  private copies = 0;
  private copiesOut = false;
  private parentheses = 0;
  /** `BEGIN ATOMIC` and `CASE` in the body of a function. */
  private bodies = 0;
  private readonly creates: string[] = [];
  private first = '';
  private previous = '';
  private stringsHaveEscapes = false;

  private readonly tokens: RegExp;

  /**
   * @param endOf what a backslash command does to the statement before it
   * @param hasVariables whether psql looks for variables in it
   */
  constructor(
    private readonly endOf: (command: string) => 'sent' | 'thrown away' | undefined,
    hasVariables = true,
  ) {
    this.tokens = hasVariables ? TOKEN_OR_VARIABLE : TOKEN;
  }

  /** @param line without its newline */
  line(line: string): Part[] {
    const parts: Part[] = [];
    let at = this.open === undefined ? 0 : this.close(line, 0);
    while (at < line.length) {
      this.tokens.lastIndex = at;
      const token = this.tokens.exec(line)?.[0] ?? '';
      const end = at + token.length;
      if (token === '--') break;
      if (token === '/*') {
        this.open = { kind: 'comment', depth: 1 };
        at = this.close(line, end);
      } else if (token === '\\') {
        at = this.backslash(line, at, parts);
      } else {
        at = this.token(line, token, at, parts);
      }
    }
    return parts;
  }

  private endStatement(end: 'sent' | 'thrown away'): void {
    if (end === 'sent') this.dataBlocks += this.copies;
    this.copies = this.parentheses = this.bodies = 0;
    this.isInStatement = this.copiesOut = false;
    this.creates.length = 0;
    this.first = this.previous = '';
  }

  private token(line: string, token: string, at: number, parts: Part[]): number {
    const end = at + token.length;
    if (/^[ \t\r\f\v\n]+$/.test(token)) return end;
    if (token !== ';') this.isInStatement = true;
    if (token === "'") this.open = { kind: this.stringsHaveEscapes ? 'escape string' : 'string' };
    else if (token === '"') this.open = { kind: 'identifier' };
    else if (token.startsWith('$') && token.length > 1) this.open = { kind: 'dollar quote', tag: token };
    else if (/^[A-Za-z_\x80-\xff]/.test(token)) {
      if ((token === 'e' || token === 'E') && line[end] === "'") {
        this.open = { kind: 'escape string' };
        return this.close(line, end + 1);
      }
      this.word(line, token.toLowerCase(), end);
      return end;
    }
    this.previous = '';
    if (token === '(') this.parentheses += 1;
    if (token === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    if (token === ':') parts.push({ kind: 'colon', at });
    if (token === ';') {
      const ends = this.parentheses === 0 && this.bodies === 0;
      const { copiesOut } = this;
      parts.push({ kind: 'semicolon', at, ends: ends ? { isEmpty: !this.isInStatement, copiesOut } : undefined });
      if (ends) this.endStatement('sent');
    }
    return this.open === undefined ? end : this.close(line, end);
  }

  private word(line: string, word: string, end: number): void {
    if (this.first === '') this.first = word;
    if (this.first === 'copy' && this.parentheses === 0) {
      if (this.previous === 'from' && word === 'stdin') this.copies += 1;
      if (this.previous === 'to' && word === 'stdout') this.copiesOut = true;
    }
    if (this.first === 'set' && word === 'standard_conforming_strings') {
      STRINGS_SETTING.lastIndex = end;
      this.stringsHaveEscapes = /^(off|false|no|0)$/i.test(STRINGS_SETTING.exec(line)?.[1] ?? '');
    }
    if (/^c(or)?[fp]/.test(this.creates.join('')) && this.parentheses === 0) {
      if (word === 'begin') this.bodies += 1;
      else if (word === 'case' && this.bodies > 0) this.bodies += 1;
      else if (word === 'end') this.bodies = Math.max(0, this.bodies - 1);
    }
    if (CREATES.includes(word) && this.creates.length < 4) this.creates.push(word[0] ?? '');
    else if (this.creates.length < 4) this.creates.push(' ');
    this.previous = word;
  }

  private backslash(line: string, at: number, parts: Part[]): number {
    const next = line[at + 1];
    if (next === ';' || next === ':') {
      if (next === ';') {
        parts.push({ kind: 'separator', at });
        this.first = this.previous = '';
      }
      return at + 2;
    }
    const name = NAME.exec(line.slice(at + 1))?.[0] ?? '';
    const { end, list } = readArguments(line, at + 1 + name.length, name);
    parts.push({ kind: 'meta', name, start: at, end, arguments: list });
    const sent = this.endOf(name);
    if (sent !== undefined) this.endStatement(sent);
    return line.startsWith('\\\\', end) ? end + 2 : end;
  }

  /** Looks for the end of what is open. @returns where the line goes on */
  private close(line: string, from: number): number {
    const { open } = this;
    if (open === undefined) return from;
    if (open.kind === 'comment') return this.closeComment(line, from, open.depth);
    if (open.kind === 'dollar quote') {
      const found = line.indexOf(open.tag, from);
      if (found >= 0) this.open = undefined;
      return found < 0 ? line.length : found + open.tag.length;
    }
    const edge = { string: STRING_END, 'escape string': ESCAPE_STRING_END, identifier: IDENTIFIER_END }[open.kind];
    edge.lastIndex = from;
    for (let match = edge.exec(line); match !== null; match = edge.exec(line)) {
      if (match[0].startsWith('\\')) continue;
      if (line[edge.lastIndex] === match[0]) {
        edge.lastIndex += 1; // two in a row are one of them
      } else {
        this.open = undefined;
        return edge.lastIndex;
      }
    }
    return line.length;
  }

  private closeComment(line: string, from: number, before: number): number {
    let depth = before;
    COMMENT_EDGE.lastIndex = from;
    while (depth > 0) {
      const match = COMMENT_EDGE.exec(line);
      if (match === null) break;
      depth += match[0] === '/*' ? 1 : -1;
    }
    this.open = depth > 0 ? { kind: 'comment', depth } : undefined;
    return depth > 0 ? line.length : COMMENT_EDGE.lastIndex;
  }
}
