import { parseArgs } from 'node:util';
import { UsageError } from '../errors';

export interface ReviewOptions {
  readonly help: boolean;
  /** A commit, branch or tag; undefined: where this branch left the default one. */
  readonly base: string | undefined;
  readonly markdown: boolean;
}

export const HELP = `Says what a change does to the infrastructure: the working tree against a commit. Nothing is asked of AWS.

Usage: npm run review -- [--base REF] [--markdown]

      --base REF   the commit, branch or tag to compare with; without it, the last commit in common with the
                   default branch, and HEAD where there is no such branch
      --markdown   for a comment on a pull request
  -h, --help       show this

+ comes, - goes, ~ changes in place, -/+ is destroyed and created again, > goes by another name. Both sides are
synthesized with the packages that are installed. Variables count with their defaults. What replaces a resource
is from a table for the AWS provider; \`npx cdktf diff\` asks the provider and AWS.

Exit codes: 0 also when something changed; 1 an error, named on stderr; 2 wrong usage.
`;

/** @throws UsageError */
export function parseReviewArguments(argv: readonly string[]): ReviewOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { base: { type: 'string' }, markdown: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.base === '') throw new UsageError('--base needs a value');
    return { help: values.help === true, base: values.base, markdown: values.markdown === true };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}
