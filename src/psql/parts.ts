import type { Argument } from './arguments';

/** What stands in one line of a script beside plain SQL; places are offsets in the line. */
export type Part =
  /** Outside of quotes; `ends`: the statement it ends, which those in parentheses and in `BEGIN ATOMIC` do not. */
  | { readonly kind: 'semicolon'; readonly at: number; readonly ends: Statement | undefined }
  /** Outside of quotes, where psql looks for a variable. */
  | { readonly kind: 'colon'; readonly at: number }
  /** `\;` */
  | { readonly kind: 'separator'; readonly at: number }
  | MetaCommand;

export interface Statement {
  /** Nothing but comments. */
  readonly isEmpty: boolean;
  /** `COPY … TO STDOUT` */
  readonly copiesOut: boolean;
}

/** A backslash command, its arguments, and where it ends. */
export interface MetaCommand {
  readonly kind: 'meta';
  /** Without the backslash. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly arguments: readonly Argument[];
}

/** What a line ends in the middle of. */
export type Open =
  | { readonly kind: 'string' | 'escape string' | 'identifier' }
  | { readonly kind: 'dollar quote'; readonly tag: string }
  | { readonly kind: 'comment'; readonly depth: number };
