import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors';
import { HELP, parseReviewArguments, type ReviewOptions } from './arguments';
import { lendLauncher } from './earlier-app';
import { readFolder } from './folder';
import { type Base, checkOut, findBase, lockDiffers, prefixOf } from './git';
import { compareText } from './json';
import { asMarkdown } from './report/markdown';
import { reviewStack } from './report/review';
import { asText } from './report/text';
import type { StackReview } from './report/section';
import { NotSynthesizedError } from './shape';
import type { Stack } from './stack';
import { synthesize } from './synthesize';

/** What an earlier run has written there would be taken for a part of this one. */
export class FolderExistsError extends UserError {
  constructor(folder: string) {
    super(`${folder} is there already`, 'Name a folder that is not there, or remove it');
  }
}

/** Where the review goes, and what is said beside it. */
export interface Streams {
  readonly output: { write(text: string): unknown };
  readonly story: { write(text: string): unknown };
}

/**
 * Runs one command line in a checkout.
 * @param standing where the user is, from where folders are meant
 * @returns the exit code
 * @throws what the signal was aborted with
 */
export async function run(
  argv: readonly string[],
  directory: string,
  { output, story }: Streams,
  signal: AbortSignal,
  standing = directory,
): Promise<number> {
  try {
    output.write(await answer(parseReviewArguments(argv), { directory, standing, story, signal }));
    return 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UserError)) throw error;
    story.write(`Error: ${error.message}\n`);
    if (error.remedy !== '') story.write(`${error.remedy}\n`);
    return error.exitCode;
  }
}

interface Context {
  readonly directory: string;
  readonly standing: string;
  readonly story: Streams['story'];
  readonly signal: AbortSignal;
}

/** @returns what goes to standard output */
async function answer(options: ReviewOptions, context: Context): Promise<string> {
  const { help, write, synthesized, base, markdown } = options;
  if (help) return HELP;
  if (write !== undefined) return writeFolder(write, context);
  const { before, after, against } =
    synthesized === undefined ? await trees(base, context) : folders(synthesized, context);
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareText);
  const reviews = names.map((name) => reviewOf(name, before, after));
  return markdown ? asMarkdown(reviews, against) : asText(reviews, against);
}

function reviewOf(name: string, before: Stacks, after: Stacks): StackReview {
  try {
    return reviewStack(before.get(name), after.get(name));
  } catch (error) {
    // The stack of calls ran out: an expression in a text may be nested at will.
    if (error instanceof RangeError)
      throw new NotSynthesizedError(`stack ${name} is nested too deep`, NO_SUCH, { cause: error });
    throw error;
  }
}

const NO_SUCH = 'Look for expressions of thousands of parts';

/** What is compared. */
interface Sides {
  readonly before: Stacks;
  readonly after: Stacks;
  /** For the reader: what `before` is. */
  readonly against: string;
}

function folders([base, change]: readonly [string, string], { standing }: Context): Sides {
  const [before, after] = [resolve(standing, base), resolve(standing, change)];
  return { before: readFolder('The base', before), after: readFolder('The change', after), against: basename(before) };
}

async function writeFolder(folder: string, { directory, standing, signal }: Context): Promise<string> {
  const into = resolve(standing, folder);
  if (existsSync(into)) throw new FolderExistsError(folder);
  mkdirSync(into, { recursive: true });
  const stacks = await synthesize('The working tree', directory, into, signal);
  return `${[...stacks.keys()].join('\n')}\n`;
}

async function trees(ref: string | undefined, context: Context): Promise<Sides> {
  const { directory, signal } = context;
  const folder = temporaryFolder();
  using _cleanUp = folder;
  const base = await findBase(directory, ref);
  // The two take turns on the disk and run beside each other on two processors.
  const [before, after] = await settled([
    synthesizeBase(base, folder.path, context),
    synthesize('The working tree', directory, newFolder(folder.path, 'head.out'), signal),
  ]);
  return { before, after, against: base.name };
}

type Stacks = ReadonlyMap<string, Stack>;

async function synthesizeBase(base: Base, folder: string, { directory, story, signal }: Context): Promise<Stacks> {
  const checkout = join(folder, 'base');
  const [prefix] = await Promise.all([prefixOf(directory), checkOut(directory, base.commit, checkout, signal)]);
  const project = newFolder(checkout, prefix);
  if (lockDiffers(project, directory)) {
    story.write('package-lock.json differs: the base is synthesized with the packages that are installed now\n');
  }
  symlinkSync(resolve(directory, 'node_modules'), join(project, 'node_modules'));
  lendLauncher(project);
  return synthesize('The base', project, newFolder(folder, 'base.out'), signal);
}

/** Waits for both, also when one fails, so that nothing writes into a folder that is gone. */
async function settled(both: readonly [Promise<Stacks>, Promise<Stacks>]): Promise<readonly [Stacks, Stacks]> {
  await Promise.allSettled(both);
  return Promise.all(both);
}

function newFolder(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'aurora-bastion-review-'));
  return {
    path,
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
