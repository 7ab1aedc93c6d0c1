import { isList, isObject, type Json, type JsonObject } from '../review/json';

/** A place where two synthesized files differ; what is undefined is not there. */
export interface Difference {
  /** `terraform.required_providers.aws.source`, `moved[0].from` */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** A `cdk.tf.json`, and the version of the library that wrote it. */
export interface Synthesized {
  readonly text: string;
  readonly version: string;
}

/**
 * Every difference between two synthesized files. Keys have no order in Terraform, elements of lists do. The one thing
 * left out is the library's version, which it writes into its own metadata; another than that is a difference.
 */
export function compare(before: Synthesized, after: Synthesized): readonly Difference[] {
  return between('', withoutVersion(before), withoutVersion(after));
}

function between(path: string, before: Json | undefined, after: Json | undefined): readonly Difference[] {
  if (isObject(before) && isObject(after)) {
    return union(Object.keys(before), Object.keys(after)).flatMap((key) =>
      between(join(path, key), own(before, key), own(after, key)),
    );
  }
  if (isList(before) && isList(after)) {
    return union([...before.keys()], [...after.keys()]).flatMap((index) =>
      between(`${path}[${index}]`, before[index], after[index]),
    );
  }
  return before === after ? [] : [{ path, before, after }];
}

function withoutVersion({ text, version }: Synthesized): Json {
  const file = JSON.parse(text) as Json;
  const about = isObject(file) ? file['//'] : undefined;
  if (!isObject(file) || !isObject(about) || !isObject(about.metadata)) return file;
  const { version: written, ...metadata } = about.metadata;
  return written === version ? { ...file, '//': { ...about, metadata } } : file;
}

function join(path: string, key: string): string {
  const name = /^(\/\/|[\w-]+)$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function union<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  return [...new Set([...some, ...others])];
}
