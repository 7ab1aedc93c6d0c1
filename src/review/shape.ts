import { UserError } from '../errors';
import { isList, isObject, type Json, type JsonObject } from './json';
import { oneLine } from './report/show';

/** What a folder holds is not what `cdktf synth` writes. */
export class NotSynthesizedError extends UserError {}

/** Far above what is real (this stack: 60 kB, seven deep), and low enough that reading it takes seconds. */
export const MOST_BYTES = 4 * 1024 * 1024;
const MOST_DEPTH = 100;
const MOST_ELEMENTS = 5000;

/** Names of Terraform's elements and types; they come into addresses, expressions and patterns. */
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_-]{0,255}$/u;
const STACK = /^\w[\w.-]{0,127}$/;

/** Blocks by name, and those by type and name. */
const NAMED = ['variable', 'locals', 'output', 'provider'];
const TYPED = ['resource', 'data'];

/**
 * Reads the text of a `cdk.tf.json`, which may come from a change that nobody has looked at.
 * @param which for errors: `stack aurora-bg of the change`
 * @throws NotSynthesizedError
 */
export function readShape(which: string, text: string): JsonObject {
  const file = parse(which, text);
  if (!isObject(file)) throw wrong(which, 'is no object');
  if (isDeeper(file, MOST_DEPTH)) throw wrong(which, `is nested deeper than ${MOST_DEPTH}`);
  for (const key of NAMED) for (const name of namesIn(file[key])) checkName(which, key, name);
  const elements = TYPED.flatMap((key) =>
    Object.entries(blocksOf(file[key])).flatMap(([type, byName]) => {
      checkName(which, key, type);
      return namesIn(byName).map((name) => {
        checkName(which, `${key}.${type}`, name);
      });
    }),
  );
  if (elements.length > MOST_ELEMENTS) throw wrong(which, `has more than ${MOST_ELEMENTS} resources`);
  return file;
}

/** @throws NotSynthesizedError for a name that no stack has */
export function checkStackName(which: string, name: string): void {
  if (!STACK.test(name)) throw wrong(which, `has a stack named ${quoted(name)}`);
}

function parse(which: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrong(which, 'is no JSON', error);
  }
}

function checkName(which: string, where: string, name: string): void {
  if (!IDENTIFIER.test(name))
    throw wrong(which, `has a name in ${where} that Terraform does not take: ${quoted(name)}`);
}

function namesIn(value: Json | undefined): string[] {
  return Object.keys(blocksOf(value));
}

function blocksOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** Level by level, since a call for each level is what must not run out. */
function isDeeper(value: Json, most: number): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; depth <= most; depth += 1) {
    level = level.flatMap((one) => (isList(one) ? one : isObject(one) ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

const MOST_QUOTED = 60;

function quoted(name: string): string {
  return oneLine(JSON.stringify(name.slice(0, MOST_QUOTED)));
}

function wrong(which: string, what: string, cause?: unknown): NotSynthesizedError {
  return new NotSynthesizedError(`${which} ${what}`, 'Expected what `npx cdktf synth` writes', { cause });
}
