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
  /** One line that counts; undefined: nothing changed. */
  readonly summary: string | undefined;
  readonly sections: readonly Section[];
}
