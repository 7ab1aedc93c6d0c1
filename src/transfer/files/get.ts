import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ByteReader } from '../byte-reader';
import { Checksum } from '../checksum';
import { TransferError } from '../error';
import { MODE_BITS } from '../file-mode';
import { newNonce } from '../nonce';
import { type Attributes, beginFile, explained } from '../partial-file';
import { receive } from '../receive';
import type { Run } from '../run';
import { looksCompressible } from './compressible';
import { getWords } from './get-script';
import type { Left } from './link-target';
import { beginFolder } from './partial-folder';
import { remoteFailure, Said } from './refusal';
import { untar } from './tar-reader';

export interface GetOptions {
  readonly run: Run;
  /** In the container: absolute, or it begins with `./`. */
  readonly path: string;
  /** What it is called here. */
  readonly target: string;
  readonly recursive: boolean;
  /** Also links that lead out of the folder. */
  readonly keepLinks: boolean;
  readonly force: boolean;
  readonly streams: number;
  readonly signal: AbortSignal;
  /** Gets the number of bytes so far, and about how many there are; 0: nobody knows. */
  readonly onProgress: (bytes: number, total: number) => void;
}

export interface Got {
  /** Of the file, or of all in the folder. */
  readonly bytes: number;
  /** Of a folder: how many files and links. */
  readonly files: number | undefined;
  /** What was left out: neither a file, a folder nor a link. */
  readonly skipped: readonly string[];
  /** Links that lead out of the folder, and were left out. */
  readonly left: readonly Left[];
  /** What the programs in the container had to say. */
  readonly said: string;
}

/** What came and waits under a name of its own. */
interface Arrived extends AsyncDisposable {
  readonly bytes: number;
  readonly files: number | undefined;
  readonly skipped: readonly string[];
  readonly left: readonly Left[];
  keep(): Promise<void>;
}

const MOST_HEADER = 200;

/**
 * Brings a file or a folder; it appears under its name when it is whole.
 * @throws RemoteFailure when the container's side does not do it; UserError for this side; as `receive`
 */
export async function get(options: GetOptions): Promise<Got> {
  const { run, path, target, recursive, streams, signal, onProgress } = options;
  const nonce = newNonce();
  const [body, said] = [new PassThrough(), new Said()];
  let total = 0;
  const facts = new Map<string, string>();
  const taking = take(body, options, (bytes) => (total = bytes)).catch((error: unknown) => {
    // What has come to its end is left to end: the program's exit code says more.
    if (body.writableEnded) body.resume();
    else body.destroy(error as Error);
    throw error;
  });
  taking.catch(() => undefined); // it is awaited below, when the session has ended
  try {
    const { exitCode } = await receive({
      run,
      words: getWords(nonce, path, { recursive }),
      nonce,
      sink: body,
      errorOutput: said,
      streams,
      compress: looksCompressible(path),
      signal,
      onProgress: (_travelled, written) => {
        onProgress(written, total);
      },
      onFact: (name, value) => {
        facts.set(name, value);
      },
    });
    if (exitCode !== 0) throw remoteFailure(facts, said.text, exitCode);
    const arrived = await taking;
    if (arrived === undefined) throw new TransferError('The transfer has not begun');
    await arrived.keep();
    const { bytes, files, skipped, left } = arrived;
    return { bytes, files, skipped, left, said: said.text };
  } catch (error) {
    body.destroy();
    throw explained(error, target);
  } finally {
    const arrived = await taking.catch(() => undefined);
    await arrived?.[Symbol.asyncDispose]();
  }
}

/** Writes what comes to where it waits; `undefined`: nothing came. */
async function take(
  body: PassThrough,
  { target, force, keepLinks }: GetOptions,
  onTotal: (bytes: number) => void,
): Promise<Arrived | undefined> {
  const reader = new ByteReader(body as AsyncIterable<Buffer>);
  const header = await reader.line(MOST_HEADER).catch((error: unknown) => {
    if (error instanceof RangeError) return undefined;
    throw error;
  });
  if (header === undefined) return undefined;
  const [, kind, mode, modifiedAt, bytes] = /^(file|folder) ([0-7]{1,5}) (-?\d{1,11}) (\d{1,15})$/.exec(header) ?? [];
  if (kind === undefined || mode === undefined) throw new TransferError('The transfer does not begin as it should');
  onTotal(Number(bytes));
  const attributes: Attributes = {
    mode: parseInt(mode, 8) & MODE_BITS,
    modifiedAt: new Date(Number(modifiedAt) * 1000),
  };
  const place = { target, replace: force, attributes };
  return kind === 'file' ? await takeFile(reader, place) : await takeFolder(reader, place, keepLinks);
}

interface Place {
  readonly target: string;
  readonly replace: boolean;
  readonly attributes: Attributes;
}

async function takeFile(reader: ByteReader, { target, replace, attributes }: Place): Promise<Arrived> {
  const partial = await beginFile(target, { replace });
  const written = new Checksum();
  try {
    await pipeline(reader.all(), written, partial.sink);
  } catch (error) {
    await partial[Symbol.asyncDispose]();
    throw error;
  }
  return {
    bytes: written.bytes,
    files: undefined,
    skipped: [],
    left: [],
    keep: () => partial.keep(attributes),
    [Symbol.asyncDispose]: () => partial[Symbol.asyncDispose](),
  };
}

async function takeFolder(
  reader: ByteReader,
  { target, replace, attributes }: Place,
  keepLinks: boolean,
): Promise<Arrived> {
  const partial = await beginFolder(target, { replace });
  try {
    const unpacked = await untar(reader.all(), partial.path, { keepLinks });
    return {
      ...unpacked,
      keep: () => partial.keep(attributes),
      [Symbol.asyncDispose]: () => partial[Symbol.asyncDispose](),
    };
  } catch (error) {
    await partial[Symbol.asyncDispose]();
    throw error;
  }
}
