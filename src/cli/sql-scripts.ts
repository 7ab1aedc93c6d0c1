import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../errors';
import { explained } from '../transfer/partial-file';
import type { Script } from '../psql/expand';

const CHUNK_BYTES = 1 << 18;

/** A script that can be read twice: to be looked through, and to be sent. */
export interface OpenScript extends AsyncDisposable {
  readonly script: Script;
}

/** @throws UserError when it cannot be read */
export async function openFile(path: string, signal: AbortSignal): Promise<OpenScript> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new UserError(`${path} is a folder`, 'Name a file');
    if (!found.isFile()) return await openStream(createReadStream(path), path, signal);
    await (await open(path)).close(); // says at once when it may not be read
  } catch (error) {
    throw explained(error, path);
  }
  const read = (): AsyncIterable<Buffer> => createReadStream(path, { highWaterMark: CHUNK_BYTES });
  return {
    script: { name: path, path: resolve(path), isCommand: false, read },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Keeps what can be read once in a file of its own, which has no name any more and is gone with this process. */
export async function openStream(input: Readable, name: string, signal: AbortSignal): Promise<OpenScript> {
  const folder = await mkdtemp(join(tmpdir(), 'aurora-bastion-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const file = await open(join(folder, 'input'), 'wx+', 0o600); // a stream of it by itself would keep it from closing
  const dispose = async (): Promise<void> => {
    await file.close();
    await remove();
  };
  try {
    await remove().catch(() => undefined); // where an open file cannot be removed, it is removed at the end
    await pipeline(input, createWriteStream('', { fd: file.fd, start: 0, autoClose: false }), { signal });
  } catch (error) {
    await dispose();
    throw explained(error, name);
  }
  const read = (): AsyncIterable<Buffer> =>
    createReadStream('', { fd: file.fd, start: 0, autoClose: false, highWaterMark: CHUNK_BYTES });
  return { script: { name, path: undefined, isCommand: false, read }, [Symbol.asyncDispose]: dispose };
}
