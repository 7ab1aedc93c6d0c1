/** Runs a command in the bastion's container; `output` and `error` are its streams. */
export type RunInside = (words: readonly string[]) => Promise<InsideResult>;

export interface InsideResult {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
