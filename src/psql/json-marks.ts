/** The lines that tell results apart where psql's output is read again, by a word that nothing else prints. */
export interface JsonMarks {
  /** A description of the columns follows. */
  readonly columns: string;
  /** The rows follow. */
  readonly rows: string;
  readonly end: string;
  /** What NULL is printed as. */
  readonly null: string;
}

export function jsonMarks(nonce: string): JsonMarks {
  return { columns: `${nonce} columns`, rows: `${nonce} rows`, end: `${nonce} end`, null: `${nonce}null` };
}

/**
 * What ends a statement instead of `;`: psql asks for the types of its columns (`\gdesc` prepares it, and runs nothing),
 * and then runs it. The comment is there for a statement of variables alone that are empty: `\g` with an empty buffer
 * would run the statement before once more.
 */
export function describedAndRun(marks: JsonMarks): string {
  return ` /**/ ${describedAndRunAgain(marks)}\\\\ `;
}

/** What stands in the place of `\g`, before the next command or the end of the line. */
export function describedAndRunAgain({ columns, rows, end }: JsonMarks): string {
  return `\\echo ${columns} \\gdesc \\echo ${rows} \\g \\echo ${end} `;
}
