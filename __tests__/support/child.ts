import { execFile } from 'node:child_process';

export interface Ended {
  readonly exitCode: number | string | null | undefined;
  readonly output: string;
  readonly story: string;
}

/** Runs a program to its end. */
export function run(
  [program = '', ...argv]: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((done) => {
    execFile(program, argv, { ...options, encoding: 'utf8' }, (error, output, story) => {
      done({ exitCode: error === null ? 0 : error.code, output, story });
    });
  });
}
