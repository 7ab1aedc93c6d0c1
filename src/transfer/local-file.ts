import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UserError } from '../errors';
import { explained } from './partial-file';

/** A file of the user's, read once. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** Its first bytes, at most `HEAD_BYTES`. */
  readonly head: Buffer;
}

const HEAD_BYTES = 1024;

/** Reads a file for its length and its checksum. @param look gets every chunk. @throws UserError when it cannot be read */
export async function readFile(path: string, look: (chunk: Buffer) => void = () => undefined): Promise<LocalFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  let head = Buffer.alloc(0);
  try {
    if (!(await stat(path)).isFile()) throw new UserError(`${path} is not a file`);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk]).subarray(0, HEAD_BYTES);
      hash.update(chunk);
      bytes += chunk.length;
      look(chunk);
    }
  } catch (error) {
    throw explained(error, path);
  }
  return { path, bytes, sha256: hash.digest('hex'), head };
}
