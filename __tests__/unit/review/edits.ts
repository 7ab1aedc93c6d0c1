import type { Json } from '../../../src/review/json';

type Fields = Record<string, Json | undefined>;

/** Changes a synthesized file, in place or by giving another. */
export type Edit = (file: Fields) => Fields;

/** Gives what stands at `a/b/0/c` another value; there may be none yet. */
export function set(path: string, value: Json): Edit {
  return at(path, (parent, key) => {
    parent[key] = value;
  });
}

export function unset(path: string): Edit {
  return at(path, (parent, key) => {
    present(parent[key], path);
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
  });
}

/** Replaces one part of a text, which must be there. */
export function replace(path: string, from: string, to: string): Edit {
  return at(path, (parent, key) => {
    const value = present(parent[key], path);
    if (typeof value !== 'string' || !value.includes(from)) throw new Error(`${path} has no ${from}`);
    parent[key] = value.replace(from, to);
  });
}

export function push(path: string, value: Json): Edit {
  return at(path, (parent, key) => {
    parent[key] = [...list(parent[key] ?? []), value];
  });
}

export function reverse(path: string): Edit {
  return at(path, (parent, key) => {
    parent[key] = list(present(parent[key], path)).toReversed();
  });
}

/** Gives a resource another name, everywhere: in what refers to it, and in the moved block for the old system. */
export function rename(from: string, to: string): Edit {
  const pattern = new RegExp(`(?<![\\w-])${from.replace('.', '\\.')}(?![\\w-])`, 'g');
  return (file) => {
    const edited = JSON.parse(JSON.stringify(file).replaceAll(pattern, to)) as Fields;
    const block = read(edited, `resource/${from.replace('.', '/')}`);
    return all(unset(`resource/${from.replace('.', '/')}`), set(`resource/${to.replace('.', '/')}`, block))(edited);
  };
}

export function all(...edits: readonly Edit[]): Edit {
  return (file) => edits.reduce((edited, edit) => edit(edited), file);
}

function at(path: string, change: (parent: Fields, key: string) => void): Edit {
  return (file) => {
    const keys = path.split('/');
    const last = keys.pop() ?? '';
    change(
      keys.reduce((parent, key) => (parent[key] ??= {}) as unknown as Fields, file),
      last,
    );
    return file;
  };
}

function read(file: Fields, path: string): Json {
  const value = path.split('/').reduce<Fields>((parent, key) => present(parent[key], path) as unknown as Fields, file);
  return value as unknown as Json;
}

function present(value: Json | undefined, path: string): Json {
  if (value === undefined) throw new Error(`there is nothing at ${path}`);
  return value;
}

function list(value: Json): readonly Json[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value as readonly Json[];
}
