import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
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
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/**
 * Reads a file for its length and its checksum.
 * @param look gets every chunk
 * @param start where to begin, in bytes
 * @throws UserError when it cannot be read
 */
export async function readFile(
  path: string,
  look: (chunk: Buffer) => void = () => undefined,
  start = 0,
): Promise<LocalFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  let head = Buffer.alloc(0);
  try {
    if (!(await stat(path)).isFile()) throw new UserError(`${path} is not a file`);
    for await (const chunk of createReadStream(path, { start, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
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

/** How many bytes at the beginning only say that it is UTF-8, as spreadsheets write them. @throws UserError */
export async function byteOrderMark(path: string): Promise<number> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BYTE_ORDER_MARK.length), 0, BYTE_ORDER_MARK.length, 0);
    return bytesRead === BYTE_ORDER_MARK.length && buffer.equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  } catch (error) {
    throw explained(error, path);
  }
}
