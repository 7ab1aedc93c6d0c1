/** `+` came, `-` went, `~` is changed in place, `-/+` is destroyed and created again, `>` goes by another name. */
export type Mark = '+' | '-' | '~' | '-/+' | '>' | ' ';

/** One thing that changed, in a line, and what belongs to it in lines below. */
export interface Entry {
  readonly mark: Mark;
  readonly text: string;
  readonly details: readonly Detail[];
}

export interface Detail {
  readonly mark: Mark;
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** What a stack's change is, for a reader. */
export interface StackReview {
  readonly stack: string;
  /** The environment that it is; undefined: the project has none. */
  readonly environment?: string | undefined;
  /** One line that counts; undefined: nothing changed. */
  readonly summary: string | undefined;
  readonly sections: readonly Section[];
}

/** Beside those that changed, the environments that did not: nobody has to wonder. */
export function unchangedLine(reviews: readonly StackReview[], show: (name: string) => string): readonly string[] {
  const names = reviews.flatMap(({ environment, summary }) =>
    environment === undefined || summary !== undefined ? [] : [show(environment)],
  );
  return names.length === 0 ? [] : [`Unchanged: ${names.join(', ')}\n`];
}
