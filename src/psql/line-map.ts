/** Where a line of the script that psql reads stands in the user's files. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Finds the user's lines again, though included files stand in the place of the line that includes them. */
export class LineMap {
  private readonly starts: { readonly from: number; readonly place: Place }[] = [];

  /** From this line of the script on, it goes on at that place. */
  begin(from: number, place: Place): void {
    this.starts.push({ from, place });
  }

  at(line: number): Place | undefined {
    const start = this.starts.findLast(({ from }) => from <= line);
    return start === undefined ? undefined : { file: start.place.file, line: start.place.line + line - start.from };
  }
}
