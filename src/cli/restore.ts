import { createReadStream } from 'node:fs';
import { UserError } from '../errors';
import { inDatabase } from '../transfer/dump';
import { readFile } from '../transfer/local-file';
import { newNonce } from '../transfer/nonce';
import { clock, Progress, size } from '../transfer/progress';
import { dumpFormat, restoreWords } from '../transfer/restore';
import { FilterError, send } from '../transfer/send';
import type { ConnectContext } from './connect';
import type { RestoreOptions } from './dump-options';
import { inside } from './inside';
import { explainLogin } from './login';
import { shownErrors } from './shown-errors';

/** Loads a dump into the database, all of it or nothing. @returns the exit code */
export async function restore(options: RestoreOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { file: path, inOneTransaction, database, rest } = options;
  const file = await readFile(path);
  const format = dumpFormat(file);
  const nonce = newNonce();
  const { words, filter } = restoreWords(nonce, format, { inOneTransaction, rest });
  return await inside(options, context, async ({ run, place }) => {
    const startedAt = performance.now();
    const outcome = inOneTransaction ? 'nothing was restored' : 'what came before the error stays';
    const exitCode = await (async () => {
      using progress = new Progress(terminal.story, file.bytes);
      return await send({
        run,
        words: inDatabase(database, words),
        ...(filter === undefined ? {} : { filter }),
        nonce,
        source: () => createReadStream(path),
        sha256: file.sha256,
        compress: format === 'plain', // the custom format is compressed
        output: terminal.output,
        errorOutput: shownErrors(terminal.story),
        signal: interruption.signal,
        onProgress: (bytes) => {
          progress.update(bytes);
        },
        onFact: (name, value) => {
          if (name !== 'tables' || value === '0') return;
          story.line(`Warning: the database is not empty, it has ${value} tables: what is in both stops the restore`);
        },
      });
    })().catch((error: unknown) => {
      throw error instanceof FilterError ? new UserError(`${error.message}: ${outcome}`) : error;
    });
    await explainLogin({ words: ['psql'], exitCode }, place);
    if (exitCode !== 0) throw new UserError(`The restore stopped at the first error: ${outcome}`);
    story.line(`Restored from ${path}: ${size(file.bytes)} in ${clock(performance.now() - startedAt)}`);
    return 0;
  });
}
