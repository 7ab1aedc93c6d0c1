import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf } from '../environments';
import { isErrno } from '../errors';
import { checkStackName, MOST_BYTES, NotSynthesizedError } from './shape';
import { parseStack, type Stack } from './stack';

const MOST_STACKS = 50;

/**
 * Reads what `cdktf synth` has written, as data: `stacks/NAME/cdk.tf.json`. Nothing in the folder is run, followed as a
 * link or taken for more than text.
 * @param which for errors: `The base`
 * @returns the stacks by their names
 * @throws NotSynthesizedError
 */
export function readFolder(which: string, folder: string): ReadonlyMap<string, Stack> {
  if (!existsSync(folder)) throw new NotSynthesizedError(`${which} is not there: ${folder}`, 'Name another folder');
  const names = stackNames(which, join(folder, 'stacks'));
  if (names.length > MOST_STACKS) {
    throw new NotSynthesizedError(`${which} has more than ${MOST_STACKS} stacks`, 'Review fewer at a time');
  }
  const found = names.flatMap((name) => {
    checkStackName(which, name);
    const text = readText(which, join(folder, 'stacks', name, 'cdk.tf.json'));
    if (text === undefined) return [];
    const stack = parseStack(name, text, `${which}: stack ${name}`);
    return [[name, { ...stack, environment: environmentOf(name) }] as const];
  });
  if (found.length === 0) {
    throw new NotSynthesizedError(
      `${which} has no stacks`,
      'Expected stacks/NAME/cdk.tf.json, as `npm run review -- --write` and `npx cdktf synth` write it',
    );
  }
  return new Map(found);
}

function stackNames(which: string, stacks: string): string[] {
  try {
    return readdirSync(stacks, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    if (isErrno(error, 'EACCES')) {
      throw new NotSynthesizedError(`${which} cannot be read`, 'Look at the rights of the folder', { cause: error });
    }
    throw error;
  }
}

/** The text of a regular file that is not too long; undefined: there is none. */
function readText(which: string, path: string): string | undefined {
  const file = open(path);
  if (file === undefined) return undefined;
  try {
    const { size } = fstatSync(file);
    if (size > MOST_BYTES) {
      throw new NotSynthesizedError(`${which} has a cdk.tf.json of ${size} bytes`, `At most ${MOST_BYTES} are read`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Nobody may lead us elsewhere by a link, or let us wait at a pipe. */
function open(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return undefined;
    throw error;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  return undefined;
}
