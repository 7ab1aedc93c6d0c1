import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../errors';
import { HELP, parseReviewArguments, type ReviewOptions } from './arguments';
import { lendLauncher } from './earlier-app';
import { type Base, checkOut, findBase, lockDiffers, prefixOf } from './git';
import { compareText } from './json';
import { asMarkdown } from './report/markdown';
import { reviewStack } from './report/review';
import { asText } from './report/text';
import type { Stack } from './stack';
import { synthesize } from './synthesize';

/** Where the review goes, and what is said beside it. */
export interface Streams {
  readonly output: { write(text: string): unknown };
  readonly story: { write(text: string): unknown };
}

/** Runs one command line in a checkout. @throws what the signal was aborted with @returns the exit code */
export async function run(
  argv: readonly string[],
  directory: string,
  { output, story }: Streams,
  signal: AbortSignal,
): Promise<number> {
  try {
    const options = parseReviewArguments(argv);
    output.write(options.help ? HELP : await review(options, { directory, story, signal }));
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
  readonly story: Streams['story'];
  readonly signal: AbortSignal;
}

async function review({ base: ref, markdown }: ReviewOptions, context: Context): Promise<string> {
  const { directory, signal } = context;
  const folder = temporaryFolder();
  using _cleanUp = folder;
  const base = await findBase(directory, ref);
  // The two take turns on the disk and run beside each other on two processors.
  const [before, after] = await settled([
    synthesizeBase(base, folder.path, context),
    synthesize('The working tree', directory, newFolder(folder.path, 'head.out'), signal),
  ]);
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareText);
  const reviews = names.map((name) => reviewStack(before.get(name), after.get(name)));
  return markdown ? asMarkdown(reviews, base.name) : asText(reviews, base.name);
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
