import { Readable, type Writable } from 'node:stream';
import { UserError } from '../errors';
import { COPY_OUT_WORDS, copyOutScript, withoutScriptName } from '../transfer/copy';
import { CsvScanner } from '../transfer/csv-file';
import { inDatabase } from '../transfer/dump';
import { TransferError } from '../transfer/error';
import { newNonce } from '../transfer/nonce';
import { beginFile, explained } from '../transfer/partial-file';
import { clock, Progress, size } from '../transfer/progress';
import { receive } from '../transfer/receive';
import type { ConnectContext } from './connect';
import type { CopyOutOptions } from './copy-options';
import { inside } from './inside';
import { explainLogin } from './login';
import { shownErrors } from './shown-errors';
import { openOutput } from './standard-output';

/** Writes a table or the rows of a query as CSV, whole or not at all. @returns the exit code */
export async function copyOut(options: CopyOutOptions, context: ConnectContext): Promise<number> {
  const { file } = options;
  const nonce = newNonce();
  const script = copyOutScript(nonce, options.source, options.format);
  if (file === undefined || file === '-') {
    return await copyInto(openOutput(context.terminal.output), { options, nonce, script }, context, () =>
      Promise.resolve(),
    );
  }
  await using partial = await beginFile(file, { replace: options.force });
  try {
    return await copyInto(partial.sink, { options, nonce, script }, context, () => partial.keep());
  } catch (error) {
    throw explained(error, file);
  }
}

interface Copy {
  readonly options: CopyOutOptions;
  readonly nonce: string;
  readonly script: string;
}

async function copyInto(
  sink: Writable,
  { options, nonce, script }: Copy,
  context: ConnectContext,
  keep: () => Promise<void>,
): Promise<number> {
  const { terminal, story, interruption } = context;
  const { database, format, streams, file = 'standard output' } = options;
  return await inside(options, context, async ({ run, place }) => {
    const startedAt = performance.now();
    let rows: number | undefined;
    // What leaves the database is right in itself: the records are only counted.
    const scanner = new CsvScanner(file, 'counts');
    const received = await (async () => {
      using progress = new Progress(terminal.story);
      return await receive({
        run,
        words: inDatabase(database, COPY_OUT_WORDS),
        input: Readable.from([Buffer.from(script)]),
        nonce,
        sink,
        errorOutput: shownErrors(terminal.story),
        streams,
        compress: true,
        signal: interruption.signal,
        onChunk: scanner.look,
        onFact: (name, value) => {
          if (name === 'rows') rows = Number(value);
        },
        onLine: withoutScriptName,
        onProgress: (_travelled, written) => {
          progress.update(written);
        },
      });
    })();
    const { exitCode, bytes } = received;
    await explainLogin({ words: ['psql'], exitCode }, place);
    if (exitCode !== 0) throw new UserError(`psql ended with the exit code ${exitCode}: nothing was kept`);
    const records = scanner.end() - (format.hasHeader ? 1 : 0);
    if (rows !== records)
      throw new TransferError(`${records} rows have come, and PostgreSQL has sent ${rows ?? 'none'}`);
    await keep();
    story.line(`Copied ${records} rows into ${file}: ${size(bytes)} in ${clock(performance.now() - startedAt)}`);
    return 0;
  });
}
