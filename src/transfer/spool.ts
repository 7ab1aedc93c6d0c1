import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PRIVATE_FILE } from './file-mode';
import { explained } from './partial-file';

/** Keeps what can be read once in a file that can be read often, and that nobody else may read; disposal removes it. */
export async function spooled(input: Readable): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'aurora-bastion-'));
  const path = join(folder, 'input');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(input, createWriteStream(path, { flags: 'wx', mode: PRIVATE_FILE }));
  } catch (error) {
    await remove();
    throw explained(error, path);
  }
  return { path, [Symbol.asyncDispose]: remove };
}
