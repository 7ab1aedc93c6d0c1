import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { newNonce } from '../nonce';
import { send } from '../send';
import type { Run } from '../run';
import { SCRIPT_FILE } from '../sink-script';
import { Compressible } from './compressible';
import type { Left } from './link-target';
import { putScript } from './put-script';
import { remoteFailure, Said } from './refusal';
import { needsPax, tarOf, unchanged } from './tar-writer';
import { lookAt, type Tree, type TreeEntry } from './tree';

/** A file or a folder of the user's, and what it is called there. */
export interface Source {
  readonly path: string;
  readonly name: string;
}

/** Sources that have been read once, so that they can be sent. */
export interface Parcel {
  readonly sources: readonly (Source & { readonly root: TreeEntry })[];
  readonly format: 'bytes' | 'tar';
  readonly entries: readonly TreeEntry[];
  /** What is neither a file, a folder nor a link, and is left out. */
  readonly skipped: readonly string[];
  /** Links that lead out of a folder, and are left out. */
  readonly left: readonly Left[];
  /** In all, on their way. */
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
  readonly compress: boolean;
}

/**
 * Looks at the sources and reads them once. One file goes as it is, all else as an archive.
 * @param keepLinks also those that lead out of their folder
 * @throws UserError when something cannot be read
 */
export async function parcelOf(
  sources: readonly Source[],
  { keepLinks, signal }: { readonly keepLinks: boolean; readonly signal: AbortSignal },
): Promise<Parcel> {
  const trees: Tree[] = [];
  for (const [index, { path }] of sources.entries()) trees.push(await lookAt(path, String(index), keepLinks));
  const entries = trees.flatMap((tree) => tree.entries);
  const roots = sources.flatMap((source, index) => {
    const root = trees[index]?.entries[0];
    return root === undefined ? [] : [{ ...source, root }];
  });
  const format = entries.length === 1 && entries[0]?.kind === 'file' ? 'bytes' : 'tar';
  const [hash, compressible] = [createHash('sha256'), new Compressible()];
  let bytes = 0;
  for await (const chunk of bytesOf({ format, entries }) as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    hash.update(chunk);
    compressible.look(chunk);
    bytes += chunk.length;
  }
  return {
    sources: roots,
    format,
    entries,
    skipped: trees.flatMap(({ skipped }) => skipped),
    left: trees.flatMap(({ left }) => left),
    bytes,
    sha256: hash.digest('hex'),
    compress: compressible.verdict,
  };
}

export interface PutOptions {
  readonly run: Run;
  /** In the container: absolute, or it begins with `./`; without a slash at its end. */
  readonly target: string;
  /** The target must be a folder that is there. */
  readonly intoFolder: boolean;
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

export interface Put {
  /** The target is a folder, and the sources lie in it by their names. */
  readonly isInFolder: boolean;
  /** What the programs in the container had to say. */
  readonly said: string;
}

/**
 * Sends files and folders; they appear under their names when all is there.
 * @throws RemoteFailure when the container's side does not do it; UserError for this side; as `send`
 */
export async function put(parcel: Parcel, options: PutOptions): Promise<Put> {
  const { run, target, intoFolder, force, signal, onProgress } = options;
  const { sources, format, entries, sha256, compress } = parcel;
  const [nonce, said, facts] = [newNonce(), new Said(), new Map<string, string>()];
  const items = sources.map(({ name, root }) => {
    return {
      name,
      kind: root.kind === 'folder' ? 'folder' : 'file',
      mode: root.mode,
      modifiedAt: root.modifiedAt,
    } as const;
  });
  const exitCode = await send({
    run,
    words: ['sh', SCRIPT_FILE],
    script: putScript({ nonce, target, intoFolder, force, format, needsPax: entries.some(needsPax), items }),
    nonce,
    source: () => bytesOf(parcel),
    sha256,
    compress,
    output: new PassThrough().resume(),
    errorOutput: said,
    signal,
    onProgress,
    onFact: (name, value) => {
      facts.set(name, value);
    },
  });
  if (exitCode !== 0) throw remoteFailure(facts, said.text, exitCode);
  return { isInFolder: facts.get('folder') === 'yes', said: said.text };
}

function bytesOf({ format, entries }: Pick<Parcel, 'format' | 'entries'>): Readable {
  const [only] = entries;
  if (format === 'tar' || only === undefined) return tarOf(entries);
  return Readable.from(unchanged(only), { objectMode: false });
}
