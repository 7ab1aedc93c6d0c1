import { createReadStream } from 'node:fs';
import { UserError } from '../errors';
import { inDatabase } from '../transfer/dump';
import { readFile } from '../transfer/local-file';
import { newNonce } from '../transfer/nonce';
import { clock, Progress, size } from '../transfer/progress';
import { readDump, restoreWords } from '../transfer/restore';
import { FilterError, send } from '../transfer/send';
import type { ConnectContext } from './connect';
import type { RestoreOptions } from './dump-options';
import { inside } from './inside';
import { explainLogin } from './login';
import { shownErrors } from './shown-errors';

const SCRIPT = 'A dump has no backslash commands: run a script with `sql -f`, or add --unrestricted where you trust it';

/** The psql in the task would run backslash commands that came with a dump. */
export class UnrestrictedError extends UserError {
  constructor() {
    super(
      'psql in the task knows no \\restrict, and would run backslash commands in a dump: nothing was restored',
      'Update the client there (13.22, 14.19, 15.14, 16.10, 17.6 or later), or add --unrestricted where you trust the dump',
    );
  }
}

/** Loads a dump into the database, all of it or nothing. @returns the exit code */
export async function restore(options: RestoreOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { file: path, inOneTransaction, database } = options;
  const file = await readFile(path);
  const read = readDump(file);
  const nonce = newNonce();
  const { words, filter } = restoreWords(nonce, read, options);
  return await inside(options, context, async ({ run, place }) => {
    const startedAt = performance.now();
    const outcome = inOneTransaction ? 'nothing was restored' : 'what came before the error stays';
    let trouble: 'old psql' | 'backslash' | undefined;
    const exitCode = await (async () => {
      using progress = new Progress(terminal.story, file.bytes);
      return await send({
        run,
        words: inDatabase(database, words),
        ...(filter === undefined ? {} : { filter }),
        nonce,
        source: () => createReadStream(path),
        sha256: file.sha256,
        compress: read.format === 'plain', // the custom format is compressed
        output: terminal.output,
        errorOutput: shownErrors(terminal.story),
        signal: interruption.signal,
        onProgress: (bytes) => {
          progress.update(bytes);
        },
        onLine: (line) => {
          if (/error: backslash commands are restricted/.test(line)) trouble = 'backslash';
          return line;
        },
        onFact: (name, value) => {
          if (name === 'restricted') trouble = 'old psql';
          if (name !== 'tables' || value === '0') return;
          story.line(`Warning: the database is not empty, it has ${value} tables: what is in both stops the restore`);
        },
      });
    })().catch((error: unknown) => {
      throw error instanceof FilterError ? new UserError(`${error.message}: ${outcome}`) : error;
    });
    await explainLogin({ words: ['psql'], exitCode }, place);
    if (trouble === 'old psql') throw new UnrestrictedError();
    if (exitCode !== 0) {
      throw new UserError(`The restore stopped at the first error: ${outcome}`, trouble === 'backslash' ? SCRIPT : '');
    }
    story.line(`Restored from ${path}: ${size(file.bytes)} in ${clock(performance.now() - startedAt)}`);
    return 0;
  });
}
