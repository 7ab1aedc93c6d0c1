import { parseArgs } from 'node:util';
import { UsageError } from '../errors';

export interface ReviewOptions {
  readonly help: boolean;
  /** The folders of two synthesized apps, base first, that are compared instead of trees. */
  readonly synthesized?: readonly [base: string, change: string] | undefined;
  /** The folder that the working tree is synthesized into, instead of a review. */
  readonly write?: string | undefined;
  /** A commit, branch or tag; undefined: where this branch left the default one. */
  readonly base: string | undefined;
  readonly markdown: boolean;
}

export const HELP = `Says what a change does to the infrastructure: the working tree against a commit. Nothing is asked of AWS.

Usage: npm run review -- [--base REF] [--markdown]
       npm run review -- --synthesized BASE CHANGE [--markdown]
       npm run review -- --write FOLDER

      --base REF      the commit, branch or tag to compare with; without it, the last commit in common with the
                      default branch, and HEAD where there is no such branch
      --markdown      for a comment on a pull request
      --synthesized   compare two folders that \`--write\` or \`npx cdktf synth\` has written; no code of either is run
      --write FOLDER  synthesize the working tree into a new folder, and review nothing
  -h, --help          show this

+ comes, - goes, ~ changes in place, -/+ is destroyed and created again, > goes by another name. Both sides are
synthesized with the packages that are installed. That runs their code: without credentials and tokens of the
environment, but as you, so review what you do not trust by --synthesized. Variables count with their defaults.
What replaces a resource is from a table for the AWS provider; \`npx cdktf diff\` asks the provider and AWS.

Exit codes: 0 also when something changed; 1 an error, named on stderr; 2 wrong usage.
`;

/** @throws UsageError */
export function parseReviewArguments(argv: readonly string[]): ReviewOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        base: { type: 'string' },
        synthesized: { type: 'boolean' },
        write: { type: 'string' },
        markdown: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { base, write } = values;
    if (base === '') throw new UsageError('--base needs a value');
    if (write === '') throw new UsageError('--write needs a folder');
    const chosen = [
      ['--base', base] as const,
      ['--write', write] as const,
      ['--synthesized', values.synthesized] as const,
    ];
    const [first, second] = chosen.flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (first !== undefined && second !== undefined) throw new UsageError(`${first} and ${second} exclude each other`);
    return {
      help: values.help === true,
      base,
      write,
      synthesized: foldersOf(positionals, values.synthesized === true),
      markdown: values.markdown === true,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}

function foldersOf(words: readonly string[], areFolders: boolean): ReviewOptions['synthesized'] {
  const [base, change, ...others] = words;
  if (!areFolders) {
    if (base !== undefined) throw new UsageError(`Unexpected word ${JSON.stringify(base)}`);
    return undefined;
  }
  if (base === undefined || change === undefined || others.length > 0) {
    throw new UsageError('--synthesized needs two folders, the base first');
  }
  return [base, change];
}
